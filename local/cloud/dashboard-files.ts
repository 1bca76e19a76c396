/** The built dashboard as CloudFront serves it. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { fileAt } from "../../shared/delivery/address.ts";
import { compressedBytes, type FileKind, findKind } from "../../shared/delivery/kinds.ts";

export interface DashboardFile {
  readonly type: string;
  readonly cacheControl: string;
  /** Of the body as it is, in quotes. */
  readonly etag: string;
  readonly body: Buffer;
  /** The same for a browser that takes it so; absent where CloudFront sends the body as it is. */
  readonly compressed?: { readonly br: Buffer; readonly gzip: Buffer };
}

/** By its address, which begins with a slash. */
export type DashboardFiles = ReadonlyMap<string, DashboardFile>;

/**
 * All of them are held in memory: they are few, and no address can lead to another file. Throws when one is of a kind that
 * would not get to AWS.
 */
export async function readDashboard(folder: string): Promise<DashboardFiles> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const files = paths.map(async (path) => {
    const address = `/${relative(folder, path)}`;
    const kind = findKind(address);
    if (kind === undefined) throw new Error(`shared/delivery/kinds.ts does not know ${address}`);
    return [address, await makeFile(kind, await readFile(path))] as const;
  });
  return new Map(await Promise.all(files));
}

const gzipped = promisify(gzip);
const brotlied = promisify(brotliCompress);
/** CloudFront does not say how hard it tries; this is what servers usually do on the way. */
const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };

/** A file of the dashboard, ready to be sent. */
export async function makeFile(kind: FileKind, body: Buffer): Promise<DashboardFile> {
  const { contentType: type, cacheControl } = kind;
  // S3's own, for what was uploaded in one piece.
  const etag = `"${createHash("md5").update(body).digest("hex")}"`;
  const isSized = body.length >= compressedBytes.min && body.length <= compressedBytes.max;
  if (!kind.isCompressed || !isSized) return { type, cacheControl, etag, body };
  return {
    type,
    cacheControl,
    etag,
    body,
    compressed: { br: await brotlied(body, quality), gzip: await gzipped(body) },
  };
}

/** What is at a path, as the browser sent it; undefined: there is no such file. */
export const findFile = (files: DashboardFiles, path: string): DashboardFile | undefined => {
  const name = decoded(fileAt(path));
  return name === undefined ? undefined : files.get(name);
};

const decoded = (path: string): string | undefined => {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
};
