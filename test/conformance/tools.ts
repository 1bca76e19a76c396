/** Finds, installs and builds what the conformance tests need beside npm's packages. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { complaintOf, findOrInstall, has, lacks, type Say, type Tool } from "../tool.ts";

const run = promisify(execFile);

/** Hetzner's own command line program. */
export const findHcloudCli = (say: Say): Promise<Tool> =>
  findOrInstall(
    {
      programs: ["hcloud"],
      probe: ["version"],
      debianPackage: "hcloud-cli",
      name: "Hetzner's hcloud CLI",
      source: "https://github.com/hetznercloud/cli",
    },
    say,
  );

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
