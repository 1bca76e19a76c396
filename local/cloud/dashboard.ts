/** Builds the dashboard for a local cloud. */
import { buildDashboard as buildInto } from "../../dashboard/build.ts";
import { type DashboardFiles, readDashboard } from "./dashboard-files.ts";

/** `outDir`: emptied first. Throws what the bundler says when it cannot be built. */
export async function buildDashboard(outDir: string, log: (line: string) => void): Promise<DashboardFiles> {
  log("Building the dashboard ...");
  await buildInto(outDir);
  return readDashboard(outDir);
}
