/** Finds, installs and builds what the conformance tests need beside npm's packages. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Where a program is, or one line on why there is none and what to do. */
export type Tool =
  | { readonly path: string; readonly missing: null }
  | { readonly path: null; readonly missing: string };

/** Says one line of progress. */
export type Say = (line: string) => void;

const run = promisify(execFile);
const has = (path: string): Tool => ({ path, missing: null });
const lacks = (missing: string): Tool => ({ path: null, missing });

/** Whether a program can be started at all; what it answers does not matter. */
async function starts(program: string, args: readonly string[]): Promise<boolean> {
  return run(program, [...args]).then(
    () => true,
    (error: unknown) => !(error instanceof Error && "code" in error && error.code === "ENOENT"),
  );
}

/** The end of what a failed program said, on one line. */
function complaintOf(error: unknown): string {
  const said = error instanceof Error && "stderr" in error ? String(error.stderr) : String(error);
  return said.trim().split("\n").slice(-3).join(" | ").slice(0, 400);
}

/**
 * Hetzner's own command line program. Debian and Ubuntu have it as `hcloud-cli`; it is installed here when that needs no
 * password. Any version found on the PATH will do.
 */
export async function findHcloudCli(say: Say): Promise<Tool> {
  if (await starts("hcloud", ["version"])) return has("hcloud");
  if (!(await starts("apt-get", ["--version"]))) {
    return lacks("Hetzner's hcloud CLI is not on the PATH: install it (https://github.com/hetznercloud/cli).");
  }
  if (process.getuid?.() !== 0) return lacks("Hetzner's hcloud CLI is missing: sudo apt-get install hcloud-cli");
  say("installing Debian's package hcloud-cli ...");
  const install = () => run("apt-get", ["install", "-y", "-q", "--no-install-recommends", "hcloud-cli"]);
  try {
    await install().catch(async () => {
      await run("apt-get", ["update", "-q"]);
      await install();
    });
    return has("hcloud");
  } catch (error) {
    return lacks(`apt-get could not install hcloud-cli (${complaintOf(error)}). Try: apt-get install hcloud-cli`);
  }
}

const sourceFolder = fileURLToPath(new URL("differential/hcloud-go/", import.meta.url));
const builtFolder = fileURLToPath(new URL("../../.local/conformance/", import.meta.url));

/** A name that changes with the program's text and with the compiler. */
function nameOfBuild(compiler: string): string {
  const files = readdirSync(sourceFolder).sort();
  const hash = createHash("sha256").update(compiler);
  for (const file of files) hash.update(`\0${file}\0`).update(readFileSync(join(sourceFolder, file)));
  return `hcloud-go-${hash.digest("hex").slice(0, 16)}`;
}

/** The small program that calls with hcloud-go: built once for each state of its text. */
export async function buildHcloudGo(say: Say): Promise<Tool> {
  const version = await run("go", ["version"], { cwd: sourceFolder }).catch(() => null);
  if (version === null) return lacks("Go is not on the PATH: install Go 1.25 or newer (https://go.dev/dl).");
  const name = nameOfBuild(version.stdout);
  const path = join(builtFolder, name);
  if (existsSync(path)) return has(path);
  say("building the hcloud-go program (the first time takes about half a minute) ...");
  mkdirSync(builtFolder, { recursive: true });
  try {
    await run("go", ["build", "-trimpath", "-buildvcs=false", "-mod=readonly", "-o", path, "."], { cwd: sourceFolder });
  } catch (error) {
    const compiler = version.stdout.trim();
    return lacks(
      `The hcloud-go program needs Go 1.25 or newer and its module proxy (${compiler}): ${complaintOf(error)}`,
    );
  }
  for (const old of readdirSync(builtFolder)) {
    if (old.startsWith("hcloud-go-") && old !== name) rmSync(join(builtFolder, old));
  }
  return has(path);
}
