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
  await writeFile(join(folder, "assets/index-abc.js"), "1");
  files = await readDashboard(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it.each(["/", "/nodes", "/nodes/018f?tab=1", "/settings/tokens", "/docs.d/page"])(
  "%s is the page, asked for again",
  (target) => {
    expect(findFile(files, target)).toMatchObject({ type: "text/html; charset=utf-8", cacheControl: "no-cache" });
  },
);

it("an asset is kept for ever", () => {
  expect(findFile(files, "/assets/index-abc.js")).toMatchObject({
    type: "text/javascript; charset=utf-8",
    cacheControl: "public, max-age=31536000, immutable",
  });
});

it.each(["/assets/index-old.js", "/favicon.ico", "/../package.json", "/.env", "/assets/..%2findex.html"])(
  "%s is not there",
  (target) => {
    expect(findFile(files, target)).toBeUndefined();
  },
);
