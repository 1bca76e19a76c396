import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { callerEnvironment, checkout } from "./host.ts";
import { lastLines, run } from "./run.ts";

const requirementsFile = fileURLToPath(new URL("requirements.txt", import.meta.url));
const folder = `${checkout}.local/venv`;
const stampName = "pressluft-requirements.txt";

export interface Venv {
  /** The interpreter that has the emulator installed. */
  python: string;
  /** The pinned version of the emulator. */
  version: string;
}

export interface VenvInput {
  log: (line: string) => void;
  signal?: AbortSignal | undefined;
}

/**
 * The virtual environment with the pinned emulator, made on first use and again when requirements.txt changes.
 * It is built beside its place and moved there complete, so an interrupted or a parallel installation harms nothing.
 * Throws an Error of one line that names what to do when Python, venv or the package registry cannot be had.
 */
export async function ensureVenv({ log, signal }: VenvInput): Promise<Venv> {
  const requirements = await readFile(requirementsFile, "utf8");
  const venv = { python: `${folder}/bin/python3`, version: pinnedVersion(requirements) };
  if (await isStamped(requirements)) return venv;
  log(`Installing the AWS emulator (ministack ${venv.version}) into .local/venv, once ...`);
  const building = `${folder}-${process.pid}`;
  try {
    await build({ building, signal });
    if (await isStamped(requirements)) return venv; // Another process was faster, and may be using it by now.
    await writeFile(`${building}/${stampName}`, requirements);
    await rm(folder, { recursive: true, force: true });
    await rename(building, folder);
  } catch (error) {
    if (!(await isStamped(requirements))) throw error;
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  return venv;
}

/** The version that requirements.txt pins the emulator to. Throws when it pins none. */
export function pinnedVersion(requirements: string): string {
  const version = /^ministack==(\S+)$/m.exec(requirements)?.[1];
  if (version === undefined) throw new Error("local/aws/requirements.txt must pin ministack with ==.");
  return version;
}

async function isStamped(requirements: string): Promise<boolean> {
  const stamp = await readFile(`${folder}/${stampName}`, "utf8").catch(() => undefined);
  return stamp === requirements;
}

async function build({ building, signal }: { building: string; signal?: AbortSignal | undefined }): Promise<void> {
  await mkdir(`${checkout}.local`, { recursive: true });
  const shared = { cwd: `${checkout}.local`, env: callerEnvironment(), signal };
  const check = "import sys; sys.exit(0 if sys.version_info >= (3, 10) else 1)";
  const python = await run({ ...shared, command: "python3", args: ["-c", check], timeoutMs: 20_000 }).catch(noPython);
  if (python.code !== 0) throw new Error(needsPython);
  const made = await run({ ...shared, command: "python3", args: ["-m", "venv", building], timeoutMs: 120_000 });
  if (made.code !== 0) {
    throw new Error(
      `python3 cannot make a virtual environment: install its venv module (Debian, Ubuntu: apt install python3-venv). It said: ${lastLines(made.output, 1)}`,
    );
  }
  const args = ["-m", "pip", "install", "--disable-pip-version-check", "--no-cache-dir", "-q", "-r", requirementsFile];
  // pip leaves its temporary files behind when it is interrupted: they go with the unfinished environment.
  const tmp = `${building}/tmp`;
  await mkdir(tmp, { recursive: true });
  const env = { ...shared.env, TMPDIR: tmp };
  const installed = await run({ ...shared, env, command: `${building}/bin/python3`, args, timeoutMs: 600_000 });
  await rm(tmp, { recursive: true, force: true });
  if (installed.code !== 0) {
    throw new Error(
      `The AWS emulator could not be installed with pip: check the connection to the Python package registry (pip's own settings and proxies apply) and run again. pip said: ${lastLines(installed.output, 1)}`,
    );
  }
}

const needsPython =
  "The local cloud needs Python 3.10 or newer as python3 on the PATH: install it (Debian, Ubuntu: apt install python3 python3-venv) and run again.";

function noPython(error: unknown): never {
  const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
  throw missing ? new Error(needsPython) : error;
}
