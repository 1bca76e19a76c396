import * as z from "zod";
import type { CommandResult } from "./ssh.ts";

export type CloudInitStatus = "running" | "done" | "error" | "degraded_done" | "disabled" | "not_run" | "unknown";

export interface CloudInit {
  status: CloudInitStatus;
  /** The first thing cloud-init complains about, or the stage it is in: at most 200 printable characters, from the server. */
  detail: string | null;
}

/** JSON output exists since cloud-init 22.3. */
export const cloudInitCommand = "cloud-init status --format json";

const detailLimit = 200;

const reportSchema = z.object({
  status: z.string(),
  extended_status: z.string().optional().catch(undefined),
  detail: z.string().optional().catch(undefined),
  errors: z.array(z.string()).catch([]),
  recoverable_errors: z.record(z.string(), z.array(z.string())).catch({}),
});

type Report = z.infer<typeof reportSchema>;

/**
 * `status` and `extended_status` in the words of cloud-init 22 to 26. "error - running" is still running: only a finished run is judged, and an
 * error that is real is still there at the end.
 */
const statusOfWord: ReadonlyMap<string, CloudInitStatus> = new Map([
  ["not run", "not_run"],
  ["not started", "not_run"],
  ["running", "running"],
  ["degraded running", "running"],
  ["error - running", "running"],
  ["done", "done"],
  ["degraded done", "degraded_done"],
  ["error", "error"],
  ["error - done", "error"],
  ["error - not started", "error"],
  ["disabled", "disabled"],
  ["error - disabled", "disabled"],
]);

/**
 * Reads the answer to `cloudInitCommand`. The exit code alone says little: 1 is an error, 2 is "done with recoverable errors" since 23.4, but
 * some distributions patch that back to 0, and argparse also exits with 2.
 */
export function readCloudInit(result: CommandResult): CloudInit {
  if (result.exitCode === 127) return { status: "unknown", detail: "cloud-init is not installed" };
  const report = parseReport(result.stdout);
  if (report === undefined) return { status: "unknown", detail: null };
  const status = decideStatus(report, result.exitCode);
  return { status, detail: decideDetail(report, status) };
}

function decideStatus(report: Report, exitCode: number | null): CloudInitStatus {
  const status = statusOfWord.get(report.extended_status ?? "") ?? statusOfWord.get(report.status) ?? "unknown";
  return status === "done" && exitCode === 2 ? "degraded_done" : status;
}

function decideDetail(report: Report, status: CloudInitStatus): string | null {
  const complaint = report.errors[0] ?? Object.values(report.recoverable_errors).flat()[0];
  const stage = status === "running" ? report.detail : undefined;
  return clean(complaint ?? stage ?? "");
}

/** The text comes from a machine others may control: no control characters, no length of its own choosing. */
function clean(text: string): string | null {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
  return line === "" ? null : line.slice(0, detailLimit);
}

function parseReport(stdout: string): Report | undefined {
  try {
    return reportSchema.safeParse(JSON.parse(stdout)).data;
  } catch {
    return undefined; // not JSON: an older cloud-init, or something else of that name
  }
}
