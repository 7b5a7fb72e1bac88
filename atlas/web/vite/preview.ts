import { cp, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Plugin } from "vite";

/**
 * Files a folium page loads from public hosts, by the address-free path the offline preview finds them under.
 * The versions are those folium 0.20 names.
 */
const FILES: readonly (readonly [from: string, to: string])[] = [
  ["leaflet/dist/leaflet.js", "leaflet/leaflet.js"],
  ["leaflet/dist/leaflet.css", "leaflet/leaflet.css"],
  ["leaflet/dist/images", "leaflet/images"],
  ["leaflet/LICENSE", "leaflet/LICENSE"],
  ["jquery/dist/jquery.min.js", "jquery/jquery.min.js"],
  ["jquery/LICENSE.txt", "jquery/LICENSE.txt"],
  ["bootstrap/dist/js/bootstrap.bundle.min.js", "bootstrap/bootstrap.bundle.min.js"],
  ["bootstrap/dist/css/bootstrap.min.css", "bootstrap/bootstrap.min.css"],
  ["bootstrap/LICENSE", "bootstrap/LICENSE"],
  ["@fortawesome/fontawesome-free/css/all.min.css", "fontawesome/css/all.min.css"],
  ["@fortawesome/fontawesome-free/webfonts/fa-solid-900.woff2", "fontawesome/webfonts/fa-solid-900.woff2"],
  ["@fortawesome/fontawesome-free/LICENSE.txt", "fontawesome/LICENSE.txt"],
  ["leaflet.awesome-markers/dist/leaflet.awesome-markers.js", "awesome-markers/leaflet.awesome-markers.js"],
  ["leaflet.awesome-markers/dist/leaflet.awesome-markers.css", "awesome-markers/leaflet.awesome-markers.css"],
  ["leaflet.awesome-markers/dist/images", "awesome-markers/images"],
  ["leaflet.awesome-markers/LICENSE", "awesome-markers/LICENSE"],
];

/** Copy what the offline map of findings needs into `dist/preview/`. */
export function previewAssets(): Plugin {
  return {
    name: "preview-assets",
    apply: "build",
    async writeBundle(options) {
      const folder = join(options.dir ?? "dist", "preview");
      for (const [from, to] of FILES) {
        const target = join(folder, to);
        await mkdir(dirname(target), { recursive: true });
        await cp(join("node_modules", from), target, { recursive: true });
      }
    },
  };
}
