import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { previewAssets } from "./vite/preview.ts";

const local = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  base: "./",
  resolve: { alias: { "@schemas/types": local("../../schemas/generated/types.ts") } },
  build: { target: "es2022", outDir: "dist", emptyOutDir: true, chunkSizeWarningLimit: 1200 },
  worker: { format: "es" },
  server: { proxy: { "/api": "http://127.0.0.1:8000", "/release": "http://127.0.0.1:8000", "/tiles": "http://127.0.0.1:8000", "/downloads": "http://127.0.0.1:8000" } },
  plugins: [previewAssets()],
  test: { include: ["test/**/*.test.ts"], environment: "node" },
});
