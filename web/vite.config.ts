// The studio, built into the Python package as one script and one style sheet; public/ goes along as it is.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [svelte()],
  build: {
    outDir: "../cutaway/studio/static",
    emptyOutDir: true,
    target: "es2022",
    cssCodeSplit: false,
    modulePreload: false,
    rollupOptions: {
      input: { studio: "src/studio.ts" },
      preserveEntrySignatures: "strict",
      output: { entryFileNames: "studio.js", assetFileNames: "studio.[ext]" },
    },
  },
});
