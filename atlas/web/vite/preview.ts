import { cp } from "node:fs/promises";
import { join } from "node:path";
import type { Plugin } from "vite";

/** What the offline map of findings is made with; `atlas/preview.py` writes it into each page. */
const LEAFLET = ["dist/leaflet.js", "dist/leaflet.css", "dist/images", "LICENSE"];

/** Copy Leaflet to `dist/preview/`, so that an installed package has it without `node_modules`. */
export function previewAssets(): Plugin {
  return {
    name: "preview-assets",
    apply: "build",
    async writeBundle(options) {
      const folder = join(options.dir ?? "dist", "preview");
      for (const path of LEAFLET) {
        await cp(join("node_modules/leaflet", path), join(folder, path.replace("dist/", "")), { recursive: true });
      }
    },
  };
}
