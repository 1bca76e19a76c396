/** Builds the dashboard into `.local/dashboard`: one page and the reference of the API, hashed assets that never change. */
import { resolve } from "node:path";
import { defineConfig } from "vite";
import solid from "vite-plugin-solid";
import { reference, referenceStyles } from "./reference/plugin.ts";

export default defineConfig({
  root: import.meta.dirname,
  plugins: [solid(), reference()],
  build: {
    outDir: "../.local/dashboard",
    emptyOutDir: true,
    target: "es2022",
    // Fonts stay files: the CSP allows them from here, and they are cached by themselves.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: { index: resolve(import.meta.dirname, "index.html"), reference: referenceStyles } },
  },
});
