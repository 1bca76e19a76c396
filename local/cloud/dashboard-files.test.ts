import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type DashboardFiles, findFile, readDashboard } from "./dashboard-files.ts";

let folder: string;
let files: DashboardFiles;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dashboard-"));
  await mkdir(join(folder, "assets"));
  await writeFile(join(folder, "index.html"), "<!doctype html>");
  await mkdir(join(folder, "docs/api"), { recursive: true });
  await writeFile(join(folder, "docs/api/index.html"), "<title>reference</title>");
  await writeFile(join(folder, "docs/api/openapi.yaml"), "openapi: 3.1.0\n");
  await writeFile(join(folder, "assets/index-abc.js"), "1");
  files = await readDashboard(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it.each([
  "/",
  "/nodes",
  "/nodes/018f",
  "/nodes/",
  "/settings/tokens",
  "/docs.d/page",
  "/docs",
  "/docs/api/x",
  "/a%2Eb",
])("%s is the page, asked for again", (target) => {
  const { type, cacheControl, body } = findFile(files, target) ?? {};
  expect([type, cacheControl, body?.toString()]).toEqual(["text/html; charset=utf-8", "no-cache", "<!doctype html>"]);
});

it("an asset is kept for ever", () => {
  expect(findFile(files, "/assets/index-abc.js")).toMatchObject({
    type: "text/javascript; charset=utf-8",
    cacheControl: "public, max-age=31536000, immutable",
  });
});

it.each(["/docs/api", "/docs/api/", "/docs/api/index.html"])("%s is the reference of the API", (target) => {
  expect(findFile(files, target)?.body.toString()).toBe("<title>reference</title>");
});

it("the document of the API is YAML", () => {
  expect(findFile(files, "/docs/api/openapi.yaml")).toMatchObject({
    type: "application/yaml",
    cacheControl: "no-cache",
  });
});

it("a file that would not get to AWS is refused here too", async () => {
  const strange = await mkdtemp(join(tmpdir(), "dashboard-"));
  await writeFile(join(strange, "notes.txt"), "1");
  await expect(readDashboard(strange)).rejects.toThrow("/notes.txt");
  await rm(strange, { recursive: true });
});

it.each([
  "/assets/index-old.js",
  "/favicon.ico",
  "/../package.json",
  "/.env",
  "/assets/..%2findex.html",
  "/assets/",
  "/assets/x",
  "/%zz.js",
])("%s is not there", (target) => {
  expect(findFile(files, target)).toBeUndefined();
});
