/** Builds the dashboard, for whoever delivers it: CloudFront's bucket or the local cloud's gateway. */
import { resolve } from "node:path";
import { build } from "vite";

/** `outDir`: emptied first. Throws what the bundler says when it cannot be built. */
export async function buildDashboard(outDir: string): Promise<void> {
  await build({
    configFile: resolve(import.meta.dirname, "vite.config.ts"),
    logLevel: "error",
    build: { outDir, emptyOutDir: true },
  });
}
