/** Builds the dashboard for a local cloud. */
import { resolve } from "node:path";
import { build } from "vite";
import { checkout } from "../aws/host.ts";
import { type DashboardFiles, readDashboard } from "./dashboard-files.ts";

/** `outDir`: emptied first. Throws what the bundler says when it cannot be built. */
export async function buildDashboard(outDir: string, log: (line: string) => void): Promise<DashboardFiles> {
  log("Building the dashboard ...");
  await build({
    configFile: resolve(checkout, "dashboard/vite.config.ts"),
    logLevel: "error",
    build: { outDir, emptyOutDir: true },
  });
  return readDashboard(outDir);
}
