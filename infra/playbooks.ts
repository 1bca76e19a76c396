/** The playbooks as nodes get them: one archive beside the worker's code. */
import { createHash } from "node:crypto";
import { type Dirent, readdirSync } from "node:fs";
import { posix } from "node:path";
import { create } from "tar";

/** Name of the archive in the worker's folder; the worker reads it from there. */
export const playbooksFile = "playbooks.tar.gz";

export interface PackedPlaybooks {
  /** The first 16 hexadecimal digits of the archive's sha256: the name of this content on a node. */
  readonly hash: string;
  /** A .tar.gz. */
  readonly archive: Buffer;
}

const folders = new Set(["tests", "molecule", "__pycache__"]);
const files = /\.(md|pyc)$|^test_.*\.py$|\.test\.ts$/;

/** What a node runs; not what people and tests read. Dot files are settings of tools. */
const isNeeded = (entry: Dirent): boolean =>
  !entry.name.startsWith(".") && !(entry.isDirectory() ? folders.has(entry.name) : files.test(entry.name));

/** Paths of the files to pack, in an order that is the same everywhere. */
const listFiles = (folder: string, below = ""): string[] =>
  readdirSync(posix.join(folder, below), { withFileTypes: true })
    .filter(isNeeded)
    .flatMap((entry) => {
      const path = posix.join(below, entry.name);
      if (entry.isDirectory()) return listFiles(folder, path);
      if (!entry.isFile()) throw new Error(`${path} is neither a file nor a folder: it cannot be packed`);
      return [path];
    })
    .sort((a, b) => (a < b ? -1 : 1));

/**
 * Packs a folder of playbooks. Same files, same bytes: neither times nor owners are in it, and of the rights only who may
 * execute. Throws when something in it is neither file nor folder, or when there is nothing.
 */
export const packPlaybooks = (folder: string): PackedPlaybooks => {
  const paths = listFiles(folder);
  if (paths.length === 0) throw new Error(`there are no playbooks in ${folder}`);
  const packed = create(
    {
      sync: true,
      cwd: folder,
      portable: true,
      mtime: new Date(0),
      gzip: { level: 9 },
      onWriteEntry: (entry) => {
        if (entry.stat) entry.stat.mode = entry.stat.mode & 0o100 ? 0o100755 : 0o100644;
      },
    },
    paths,
  );
  const archive = Buffer.from(packed.read() ?? []);
  return { hash: createHash("sha256").update(archive).digest("hex").slice(0, 16), archive };
};
