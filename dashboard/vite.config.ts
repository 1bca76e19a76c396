/** Builds the dashboard into `.local/dashboard`: one page, hashed assets that never change. */
import { defineConfig } from "vite";
import solid from "vite-plugin-solid";

export default defineConfig({
  root: import.meta.dirname,
  plugins: [solid()],
  build: {
    outDir: "../.local/dashboard",
    emptyOutDir: true,
    target: "es2022",
    // Fonts stay files: the CSP allows them from here, and they are cached by themselves.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
