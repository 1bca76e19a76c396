import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { list } from "tar";
import { afterEach, describe, expect, it } from "vitest";
import { packPlaybooks } from "./playbooks.ts";

const made: string[] = [];
afterEach(() => {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true });
});

const folderOf = (files: Readonly<Record<string, string>>): string => {
  const dir = mkdtempSync(join(tmpdir(), "playbooks-"));
  made.push(dir);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), content);
  }
  return dir;
};

/** What is in an archive: path, rights, owner, time. */
const contentOf = (archive: Buffer) => {
  const found: { path: string; mode: number | undefined; uid: number | undefined; mtime: number | undefined }[] = [];
  const reader = list({
    sync: true,
    onReadEntry: ({ path, mode, uid, mtime }) => found.push({ path, mode, uid, mtime: mtime?.getTime() }),
  });
  reader.end(archive);
  return found;
};
const pathsOf = (archive: Buffer) => contentOf(archive).map(({ path }) => path);

const playbooks = { "ansible.cfg": "[defaults]\n", "playbooks/b.yml": "b", "playbooks/a.yml": "a" };

describe("packing playbooks", () => {
  it("gives the same bytes for the same files, whenever and in whatever order they were written", () => {
    const first = packPlaybooks(folderOf(playbooks));
    const dir = folderOf(Object.fromEntries(Object.entries(playbooks).reverse()));
    for (const path of Object.keys(playbooks)) {
      utimesSync(join(dir, path), 1, 2);
      chmodSync(join(dir, path), 0o660);
    }
    const second = packPlaybooks(dir);
    expect(second.archive.equals(first.archive)).toBe(true);
    expect(second.hash).toBe(first.hash);
  });

  it.each([
    { name: "content", files: { ...playbooks, "playbooks/a.yml": "other" } },
    { name: "a name", files: { ...playbooks, "playbooks/c.yml": "" } },
  ])("gives another name when $name differs", ({ files }) => {
    const hashes = [packPlaybooks(folderOf(playbooks)).hash, packPlaybooks(folderOf(files)).hash];
    expect(hashes[0]).toMatch(/^[0-9a-f]{16}$/);
    expect(new Set(hashes).size).toBe(2);
  });

  it("keeps who may execute, and nothing else of this machine", () => {
    const dir = folderOf({ "roles/run/files/run.sh": "#!/bin/sh\n", "ansible.cfg": "" });
    chmodSync(join(dir, "roles/run/files/run.sh"), 0o700);
    expect(contentOf(packPlaybooks(dir).archive)).toEqual([
      { path: "ansible.cfg", mode: 0o644, uid: undefined, mtime: 0 },
      { path: "roles/run/files/run.sh", mode: 0o755, uid: undefined, mtime: 0 },
    ]);
  });

  it("leaves out what no node needs", () => {
    const rest = {
      "README.md": "",
      ".ansible-lint": "",
      "tests/all.yml": "",
      "roles/a/tests/test.yml": "",
      "roles/a/files/__pycache__/a.cpython-311.pyc": "",
      "roles/a/files/test_a.py": "",
      "packing.test.ts": "",
    };
    expect(pathsOf(packPlaybooks(folderOf({ ...playbooks, ...rest })).archive)).toEqual(Object.keys(playbooks).sort());
  });

  it("packs no link, which could lead anywhere", () => {
    const dir = folderOf(playbooks);
    symlinkSync("/etc/passwd", join(dir, "playbooks/c.yml"));
    expect(() => packPlaybooks(dir)).toThrow(/playbooks\/c\.yml/);
  });

  it("does not pass off nothing as playbooks", () => {
    expect(() => packPlaybooks(folderOf({ "README.md": "" }))).toThrow(/no playbooks/);
  });

  it("packs the playbooks of this repository, small enough for one SSH session", () => {
    const { archive } = packPlaybooks(fileURLToPath(new URL("../ansible", import.meta.url)));
    expect(pathsOf(archive)).toContain("ansible.cfg");
    expect(archive.length).toBeLessThan(512 * 1024);
    expect(gunzipSync(archive).length).toBeLessThan(4 * 1024 * 1024);
  });
});
