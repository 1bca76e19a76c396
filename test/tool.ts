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
  /** What it says then, where something else may have its name. */
  readonly answer?: RegExp;
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

const PROBE_MS = 30_000;
const INSTALL_MS = 900_000;
/** Another apt may be at work. */
const wait = ["-o", "DPkg::Lock::Timeout=300"];

/** Whether a program can be started at all, and ends; without `answer` it does not matter what it says and how it ends. */
export async function starts(program: string, args: readonly string[], answer?: RegExp): Promise<boolean> {
  return run(program, [...args], { timeout: PROBE_MS }).then(
    ({ stdout }) => answer === undefined || answer.test(stdout),
    (error: unknown) => answer === undefined && !isOfNoUse(error),
  );
}

/** Not there, or stopped because it does not end. */
const isOfNoUse = (error: unknown): boolean =>
  error instanceof Error &&
  (("code" in error && error.code === "ENOENT") || ("killed" in error && error.killed === true));

/** The end of what a failed program said, on one line. */
export function complaintOf(error: unknown): string {
  const said = error instanceof Error && "stderr" in error ? String(error.stderr) : String(error);
  return said.trim().split("\n").slice(-3).join(" | ").slice(0, 400);
}

/** On the PATH in any version, or Debian's package. */
export async function findOrInstall(wanted: Wanted, say: Say): Promise<Tool> {
  const { debianPackage, name, source } = wanted;
  const found = await findProgram(wanted);
  if (found !== undefined) return has(found);
  if (!(await starts("apt-get", ["--version"]))) return lacks(`${name} is not on the PATH: install it (${source}).`);
  if (process.getuid?.() !== 0) return lacks(`${name} is missing: sudo apt-get install ${debianPackage}`);
  say(`installing Debian's package ${debianPackage} ...`);
  try {
    await install(debianPackage);
    const installed = await findProgram(wanted);
    return installed === undefined ? lacks(`${debianPackage} has no ${name}: install it (${source}).`) : has(installed);
  } catch (error) {
    return lacks(
      `apt-get could not install ${debianPackage} (${complaintOf(error)}). Try: apt-get install ${debianPackage}`,
    );
  }
}

async function findProgram({ programs, probe, answer }: Wanted): Promise<string | undefined> {
  for (const program of programs) if (await starts(program, probe, answer)) return program;
  return undefined;
}

async function install(debianPackage: string): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...args: string[]) => run("apt-get", [...wait, ...args], { env, timeout: INSTALL_MS });
  const get = () => apt("install", "-y", "-q", "--no-install-recommends", debianPackage);
  await get().catch(async () => {
    await apt("update", "-q");
    await get();
  });
}
