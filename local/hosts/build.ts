import { constants } from "node:fs";
import { access, copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  type AptSource,
  chooseMirror,
  type Mirror,
  parseDeb822,
  parseOneLine,
  writeSourcesList,
} from "./apt-sources.ts";
import { type Command, run } from "./command.ts";
import type { Recipe } from "./recipe.ts";

export interface BuildInput {
  readonly recipe: Recipe;
  /** An empty folder; afterwards the root of the image. */
  readonly tree: string;
  log(line: string): void;
  readonly signal?: AbortSignal | undefined;
}

/** Everything that runs for a build ends with this process, killed or not: the kernel ends the first, and with it the rest. */
const leashed = [
  "setpriv",
  "--pdeathsig",
  "KILL",
  "unshare",
  "--pid",
  "--fork",
  "--kill-child",
  "--mount-proc",
] as const;

const stepTimeoutMs = 15 * 60_000;

/** Reads the machine's own apt sources, in both forms. */
export async function readAptSources(): Promise<AptSource[]> {
  const folder = "/etc/apt/sources.list.d";
  const names = await readdir(folder).catch(() => []);
  const files = ["/etc/apt/sources.list", ...names.sort().map((name) => join(folder, name))];
  const sources = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(file, "utf8").catch(() => "");
      if (file.endsWith(".sources")) return parseDeb822(text);
      return file.endsWith(".list") ? parseOneLine(text) : [];
    }),
  );
  return sources.flat();
}

/** The machine's mirror of Debian. Throws an Error of one line when it has none. */
async function findMirror(): Promise<Mirror> {
  const mirror = chooseMirror(await readAptSources());
  if (typeof mirror === "string") throw new Error(`No image can be built: ${mirror}.`);
  return mirror;
}

/** Makes the root of an image from the distribution's packages. Throws when a step fails; the tree is then incomplete. */
export async function buildTree(input: BuildInput): Promise<void> {
  const { recipe, tree, log } = input;
  const mirror = await findMirror();
  const env = await proxyEnvironment();
  const step = async (label: string, command: Command): Promise<void> => {
    log(`Image ${recipe.image}: ${label} ...`);
    await run({ timeoutMs: stepTimeoutMs, signal: input.signal, env, ...command });
  };
  await step("the base system", { argv: bootstrapCommand(recipe, mirror, tree) });
  await prepareTree(tree, recipe, mirror);
  await step("lists of packages", inTree(tree, ["apt-get", "update", "-q"]));
  await step("newest versions", inTree(tree, ["apt-get", "dist-upgrade", "-q", "-y"]));
  const install = ["apt-get", "install", "-q", "-y", "--no-install-recommends", ...recipe.packages];
  await step(`${recipe.packages.length} packages and what they need`, inTree(tree, install));
  await step("a repository of these packages", inTree(tree, keepPackages(recipe.repository)));
  await step("services", { argv: ["systemctl", `--root=${tree}`, "disable", ...recipe.disabled] });
  await step("units nobody needs", { argv: ["systemctl", `--root=${tree}`, "mask", ...recipe.masked] });
  await finishTree(tree, recipe);
}

function bootstrapCommand(recipe: Recipe, { archive }: Mirror, tree: string): Command["argv"] {
  const trust = archive.trusted ? ["--no-check-gpg"] : archive.keyring === null ? [] : [`--keyring=${archive.keyring}`];
  const include = `--include=${recipe.bootstrap.join(",")}`;
  return [...leashed, "debootstrap", "--variant=minbase", include, ...trust, recipe.suite, tree, archive.uri];
}

/** Mounts what maintainer scripts need in a mount namespace of its own and runs the rest of the arguments inside the tree. */
const enterTree = `set -e; tree=$1; shift
mount --bind /dev "$tree/dev"; mount -t proc proc "$tree/proc"; mount -t tmpfs tmpfs "$tree/run"; mount -t tmpfs tmpfs "$tree/tmp"
exec chroot "$tree" "$@"`;

const unattended = { DEBIAN_FRONTEND: "noninteractive", DEBCONF_NONINTERACTIVE_SEEN: "true" };

function inTree(tree: string, argv: readonly string[]): Command {
  const env = Object.entries(unattended).map(([name, value]) => `${name}=${value}`);
  return { argv: [...leashed, "sh", "-c", enterTree, "sh", tree, "env", ...env, ...argv] };
}

/** apt keeps what it has fetched until it is told to clean; that, and an index of it, is a repository. */
function keepPackages(repository: string): string[] {
  const script = `set -e; mkdir -p "$1"; mv /var/cache/apt/archives/*.deb "$1"; cd "$1"; apt-ftparchive packages . >Packages`;
  return ["sh", "-c", script, "sh", `/${repository}`];
}

/** No service may start while packages are installed: the exit code is the one that policy-rc.d(8) reserves for "not allowed". */
const noServices = "#!/bin/sh\nexit 101\n";

async function prepareTree(tree: string, recipe: Recipe, mirror: Mirror): Promise<void> {
  await writeFiles(tree, recipe);
  await writeFile(join(tree, "etc/apt/sources.list"), writeSourcesList(mirror, recipe.suite));
  await writeFile(join(tree, "usr/sbin/policy-rc.d"), noServices, { mode: 0o755 });
  // A crash during a build costs the build, so nothing in it needs to reach the disk in order; the whole is synced at the end.
  await writeFile(join(tree, "etc/dpkg/dpkg.cfg.d/91-build"), "force-unsafe-io\nforce-confold\n");
  for (const file of ["etc/resolv.conf", "etc/hosts"]) await copyFile(`/${file}`, join(tree, file)).catch(() => {});
}

async function finishTree(tree: string, recipe: Recipe): Promise<void> {
  const keys = (await readdir(join(tree, "etc/ssh"))).filter((name) => name.startsWith("ssh_host_"));
  const remove = ["usr/sbin/policy-rc.d", "etc/dpkg/dpkg.cfg.d/91-build", "var/lib/dbus/machine-id", "etc/resolv.conf"];
  const folders = ["var/lib/apt/lists", "var/cache/apt", "var/cache/debconf", "var/log/apt", "var/cache/man"];
  const all = [...remove, ...folders, ...keys.map((name) => `etc/ssh/${name}`), "var/log/bootstrap.log"];
  for (const path of all) await rm(join(tree, path), { recursive: true, force: true });
  for (const path of ["var/lib/apt/lists/partial", "var/cache/apt/archives/partial", "var/cache/debconf"]) {
    await mkdir(join(tree, path), { recursive: true });
  }
  await writeFile(join(tree, "etc/machine-id"), "");
  await writeFiles(tree, recipe);
}

async function writeFiles(tree: string, { files }: Recipe): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await writeFile(join(tree, path), text);
  }
}

/** The machine's apt may need a proxy; so do the programs of a build. */
async function proxyEnvironment(): Promise<Record<string, string>> {
  const found = await access("/usr/bin/apt-config", constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!found) return {};
  const told = await run({
    argv: ["apt-config", "shell", "http_proxy", "Acquire::http::Proxy", "https_proxy", "Acquire::https::Proxy"],
  });
  return Object.fromEntries(
    [...told.matchAll(/^(https?_proxy)='(.*)'$/gm)].map(([, name = "", value = ""]) => [name, value]),
  );
}
