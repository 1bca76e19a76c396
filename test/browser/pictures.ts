/** `npm run screenshots`: each page and state in both themes at 1440 and 390 px, as small PNGs in `docs/images/`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { expect, inject, test } from "vitest";
import type { Desk } from "./desk.ts";
import { test as browserTest } from "./desk.ts";
import { furnish } from "./furniture.ts";
import { startAfresh } from "./ground.ts";
import { readPng, writePalettePng } from "./palette-png.ts";
import { fillLogIn, giveToken, providerState, see } from "./steps.ts";

const folder = "docs/images";
const TOTAL_BYTES = 3_000_000;
const views = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
];

let totalBytes = 0;

/** All there is to see of what is on the screen. */
async function shoot({ page }: Desk, name: string): Promise<void> {
  await page.waitForLoadState("networkidle");
  for (const theme of ["light", "dark"] as const)
    for (const view of views) {
      await page.emulateMedia({ colorScheme: theme });
      await page.setViewportSize(view);
      const picture = writePalettePng(readPng(await page.screenshot({ caret: "hide" })));
      totalBytes += picture.length;
      writeFileSync(`${folder}/${name}-${theme}-${view.width}.png`, picture);
    }
  await page.setViewportSize({ width: 1440, height: 900 });
}

browserTest("pictures of each page", async ({ desk }) => {
  const { page } = desk;
  mkdirSync(folder, { recursive: true });
  const visit = async (name: string, address: string): Promise<void> => {
    await page.goto(address);
    await see(page.getByRole("heading", { level: 1 }));
    await shoot(desk, name);
  };
  await startAfresh();
  await visit("login", "/");
  await fillLogIn(desk);
  await see(page.getByRole("navigation", { name: "Places" }));
  await visit("providers-empty", "/providers");
  await visit("nodes-empty", "/nodes");
  await page.goto("/providers");
  await giveToken(desk, inject("stack").hetzner_readonly_token);
  await see(providerState(desk, "Needs attention"));
  await shoot(desk, "providers-refused");
  const made = await furnish();
  await visit("overview", "/");
  await visit("providers", "/providers");
  await visit("nodes", "/nodes");
  await visit("node-new", "/nodes/new");
  await visit("node", `/nodes/${made?.nodeId}`);
  await visit("jobs", "/jobs");
  await visit("job-running", `/jobs/${made?.runningJobId}`);
  await visit("job-failed", `/jobs/${made?.failedJobId}`);
  await visit("sites", "/sites");
  await visit("site", `/sites/${made?.siteId}`);
  await visit("tokens", "/settings/tokens");
  await visit("api-reference", "/docs/api");
});

test("the pictures stay small", () => {
  process.stdout.write(`${folder}: ${Math.round(totalBytes / 1000)} kB\n`);
  expect(totalBytes).toBeLessThan(TOTAL_BYTES);
});
