import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { callerEnvironment, checkout } from "./host.ts";
import { lastLines, run } from "./run.ts";

const requirementsFile = fileURLToPath(new URL("requirements.txt", import.meta.url));
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

export interface PinnedInput extends VenvInput {
  /** Absolute path of a requirements.txt in which everything is pinned. */
  requirementsFile: string;
  /** Of its folder in `.local`. */
  name: string;
  /** For a person, such as "the AWS emulator". */
  what: string;
}

/** The virtual environment with the pinned emulator. Throws as `ensurePinnedVenv` does. */
export async function ensureVenv({ log, signal }: VenvInput): Promise<Venv> {
  const version = pinnedVersion(await readFile(requirementsFile, "utf8"));
  const what = `the AWS emulator (ministack ${version})`;
  return { python: await ensurePinnedVenv({ requirementsFile, name: "venv", what, log, signal }), version };
}

/**
 * A virtual environment with what a requirements.txt pins, made on first use and again when that file changes; answers with its interpreter.
 * It is built beside its place and moved there complete, so an interrupted or a parallel installation harms nothing.
 * Throws an Error of one line that names what to do when Python, venv or the package registry cannot be had.
 */
export async function ensurePinnedVenv({ log, ...input }: PinnedInput): Promise<string> {
  const folder = `${checkout}.local/${input.name}`;
  const python = `${folder}/bin/python3`;
  const requirements = await readFile(input.requirementsFile, "utf8");
  const isReady = () => isStamped(folder, requirements);
  if (await isReady()) return python;
  log(`Installing ${input.what} into .local/${input.name}, once ...`);
  const building = `${folder}-${process.pid}`;
  try {
    await build({ ...input, building });
    if (await isReady()) return python; // Another process was faster, and may be using it by now.
    await renameInPrograms(building, folder);
    await writeFile(`${building}/${stampName}`, requirements);
    await rm(folder, { recursive: true, force: true });
    await rename(building, folder);
  } catch (error) {
    if (!(await isReady())) throw error;
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  return python;
}

/** The version that requirements.txt pins the emulator to. Throws when it pins none. */
export function pinnedVersion(requirements: string): string {
  const version = /^ministack==(\S+)$/m.exec(requirements)?.[1];
  if (version === undefined) throw new Error("local/aws/requirements.txt must pin ministack with ==.");
  return version;
}

/** Programs name their interpreter by its whole path. */
async function renameInPrograms(building: string, folder: string): Promise<void> {
  const entries = await readdir(`${building}/bin`, { withFileTypes: true });
  for (const { name } of entries.filter((entry) => entry.isFile())) {
    const path = `${building}/bin/${name}`;
    const text = await readFile(path, "latin1");
    if (text.includes(building)) await writeFile(path, text.replaceAll(building, folder), "latin1");
  }
}

async function isStamped(folder: string, requirements: string): Promise<boolean> {
  const stamp = await readFile(`${folder}/${stampName}`, "utf8").catch(() => undefined);
  return stamp === requirements;
}

interface BuildInput extends Omit<PinnedInput, "log"> {
  building: string;
}

async function build({ building, signal, requirementsFile, what }: BuildInput): Promise<void> {
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
      `${what.replace(/^the/, "The")} could not be installed with pip: check the connection to the Python package registry (pip's own settings and proxies apply) and run again. pip said: ${lastLines(installed.output, 1)}`,
    );
  }
}

const needsPython =
  "This needs Python 3.10 or newer as python3 on the PATH: install it (Debian, Ubuntu: apt install python3 python3-venv) and run again.";

function noPython(error: unknown): never {
  const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
  throw missing ? new Error(needsPython) : error;
}
