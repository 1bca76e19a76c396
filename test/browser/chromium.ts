/** The browser that all tests of the dashboard share: Debian's Chromium, with a home and a profile of its own. */
import { accessSync, constants, mkdirSync, rmSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { type BrowserServer, chromium } from "playwright-core";
import { complaintOf, findOrInstall, has, lacks, type Say, type Tool } from "../tool.ts";

const wanted = {
  programs: ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"],
  probe: ["--version"],
  // Ubuntu's chromium-browser may be a script that only says to install a snap.
  answer: /^(Chromium|Google Chrome) \d+\./m,
  debianPackage: "chromium",
  name: "Chromium",
  source: "https://www.chromium.org/getting-involved/download-chromium",
};

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** Playwright wants a whole path. */
export async function findChromium(say: Say): Promise<Tool> {
  const found = await findOrInstall(wanted, say);
  if (found.path === null) return found;
  const path = (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, found.path))
    .find(isProgram);
  return path === undefined ? lacks(`${found.path} is not on the PATH any more.`) : has(path);
}

/** Either a browser that listens at `wsEndpoint()`, or one line on why there is none. */
export type Launched =
  | { readonly server: BrowserServer; readonly missing: null }
  | { readonly server: null; readonly missing: string };

/**
 * It ends with this process, killed or not: its pipe closes. What it writes is below `dir`, which is emptied first.
 * Without root it keeps its own sandbox; as root it has none and would not start.
 */
export async function launchChromium(executablePath: string, dir: string): Promise<Launched> {
  const home = resolve(dir);
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  const before = process.env.TMPDIR;
  // Playwright makes the profile where temporary files go, and only a variable says where that is.
  process.env.TMPDIR = home;
  try {
    const server = await chromium.launchServer({
      executablePath,
      chromiumSandbox: process.getuid?.() !== 0,
      env: { ...process.env, HOME: home },
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
    return { server, missing: null };
  } catch (error) {
    return { server: null, missing: `${executablePath} does not start (${complaintOf(error)}).` };
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
}
