/** How much of the dashboard a browser loads before it can show anything. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** Both together, gzipped, as the page names them. */
export const BUDGET_BYTES = 150_000;

export interface Size {
  readonly name: string;
  readonly gzippedBytes: number;
}

const gzipped = (path: string): number => gzipSync(readFileSync(path), { level: 9 }).length;

/** Scripts and styles that `index.html` loads at once. */
export const initialSizes = (folder: string): Size[] => {
  const page = readFileSync(join(folder, "index.html"), "utf8");
  const names = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+\.(?:js|css))"/g)].map(([, name = ""]) => name);
  return names.map((name) => ({ name, gzippedBytes: gzipped(join(folder, name)) }));
};

/** All scripts there are, also those that are loaded later. */
export const scriptSizes = (folder: string): Size[] =>
  readdirSync(join(folder, "assets"))
    .filter((name) => name.endsWith(".js"))
    .map((name) => ({ name: `/assets/${name}`, gzippedBytes: gzipped(join(folder, "assets", name)) }));

export const totalOf = (sizes: readonly Size[]): number =>
  sizes.reduce((sum, { gzippedBytes }) => sum + gzippedBytes, 0);
