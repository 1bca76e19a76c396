/** Programs that tests need beside npm's packages: found, or installed by apt where that needs no password. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Where a program is, or one line on why there is none and what to do. */
export type Tool =
  | { readonly path: string; readonly missing: null }
  | { readonly path: null; readonly missing: string };

/** Says one line of progress. */
export type Say = (line: string) => void;

export interface Wanted {
  /** Its names, the preferred one first. */
  readonly programs: readonly string[];
  /** Arguments with which it says something and ends. */
  readonly probe: readonly string[];
  readonly debianPackage: string;
  /** For a person. */
  readonly name: string;
  /** Where it comes from on a machine without apt. */
  readonly source: string;
}

/** Whether skipping a test for want of a tool is a failure. */
export const needsTools = (): boolean => /^(true|1)$/.test(process.env.CI ?? "");

export const has = (path: string): Tool => ({ path, missing: null });
export const lacks = (missing: string): Tool => ({ path: null, missing });

const run = promisify(execFile);

/** Whether a program can be started at all; what it answers does not matter. */
export async function starts(program: string, args: readonly string[]): Promise<boolean> {
  return run(program, [...args]).then(
    () => true,
    (error: unknown) => !(error instanceof Error && "code" in error && error.code === "ENOENT"),
  );
}

/** The end of what a failed program said, on one line. */
export function complaintOf(error: unknown): string {
  const said = error instanceof Error && "stderr" in error ? String(error.stderr) : String(error);
  return said.trim().split("\n").slice(-3).join(" | ").slice(0, 400);
}

/** On the PATH in any version, or Debian's package. */
export async function findOrInstall({ programs, probe, debianPackage, name, source }: Wanted, say: Say): Promise<Tool> {
  for (const program of programs) if (await starts(program, probe)) return has(program);
  if (!(await starts("apt-get", ["--version"]))) return lacks(`${name} is not on the PATH: install it (${source}).`);
  if (process.getuid?.() !== 0) return lacks(`${name} is missing: sudo apt-get install ${debianPackage}`);
  say(`installing Debian's package ${debianPackage} ...`);
  try {
    await install(debianPackage);
    return has(programs[0] ?? "");
  } catch (error) {
    return lacks(
      `apt-get could not install ${debianPackage} (${complaintOf(error)}). Try: apt-get install ${debianPackage}`,
    );
  }
}

async function install(debianPackage: string): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const get = () => run("apt-get", ["install", "-y", "-q", "--no-install-recommends", debianPackage], { env });
  await get().catch(async () => {
    await run("apt-get", ["update", "-q"], { env });
    await get();
  });
}
