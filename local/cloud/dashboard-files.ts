/** The built dashboard as CloudFront serves it: hashed assets for ever, the one page for every address that is no file. */
import { readdir, readFile } from "node:fs/promises";
import { extname, join, relative } from "node:path";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

const PAGE = "/index.html";
/** Names with a hash of their content never mean anything else. */
const forEver = "public, max-age=31536000, immutable";
const askAgain = "no-cache";

export interface DashboardFile {
  readonly type: string;
  readonly cacheControl: string;
  readonly body: Buffer;
}

/** By its address, which begins with a slash. */
export type DashboardFiles = ReadonlyMap<string, DashboardFile>;

/** All of them are held in memory: they are few, and no address can lead to another file. */
export async function readDashboard(folder: string): Promise<DashboardFiles> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const files = paths.map(async (path) => {
    const address = `/${relative(folder, path)}`;
    const cacheControl = address.startsWith("/assets/") ? forEver : askAgain;
    const type = types[extname(path)] ?? "application/octet-stream";
    return [address, { type, cacheControl, body: await readFile(path) }] as const;
  });
  return new Map(await Promise.all(files));
}

/**
 * What is at an address (path and query). The page is at each that has no dot in its last segment, so that a deep link
 * survives a reload; undefined: there is no such file. infra/dashboard's CloudFront function decides the same.
 */
export const findFile = (files: DashboardFiles, target: string): DashboardFile | undefined => {
  const [path = "/"] = target.split("?");
  const isFile = path.slice(path.lastIndexOf("/")).includes(".");
  return files.get(isFile ? path : PAGE);
};
