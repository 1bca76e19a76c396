/** `npm run screenshots`: each page and state in both themes at 1440 and 390 px, as small PNGs in `docs/images/`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { expect, inject, test } from "vitest";
import type { Desk } from "./desk.ts";
import { test as browserTest } from "./desk.ts";
import { furnish } from "./furniture.ts";
import { startAfresh } from "./ground.ts";
import { readPng, writePalettePng } from "./palette-png.ts";
import { endSessionBefore, fillLogIn, giveToken, logIn, providerState, quiet, see } from "./steps.ts";

const folder = "docs/images";
const TOTAL_BYTES = 3_000_000;
const views = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
];

let totalBytes = 0;

/** What is on the screen. `isMoving`: its answers are still on their way. */
async function shoot(desk: Desk, name: string, isMoving = false): Promise<void> {
  const { page } = desk;
  if (!isMoving) await quiet(desk);
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

/** What shows only after a moment is on the screen now. */
async function finishMotion({ page }: Desk): Promise<void> {
  const ending = "document.getAnimations().filter(({ effect }) => effect.getComputedTiming().iterations === 1)";
  await page.evaluate(`Promise.all(${ending}.map(({ finished }) => finished)).then(() => true)`);
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
  await page.goto(`/sites/${made?.siteId}`);
  await page
    .getByRole("button", { name: /^Restore/ })
    .first()
    .click();
  await see(page.getByRole("dialog"));
  await shoot(desk, "site-restore");
});

browserTest("pictures of what is not there yet, or not any more", async ({ desk }) => {
  const { page, context } = desk;
  const go = (place: RegExp) => page.getByRole("link", { name: place }).first().click();
  await logIn(desk, "/settings/tokens");
  const network = await context.newCDPSession(page);
  const throttle = (latency: number) =>
    network.send("Network.emulateNetworkConditions", {
      offline: false,
      latency,
      downloadThroughput: -1,
      uploadThroughput: -1,
    });
  await throttle(60_000);
  await go(/^Sites/);
  await see(page.getByText(/^Loading/));
  await finishMotion(desk);
  await shoot(desk, "state-loading", true);
  await throttle(0);
  await page.goto("/providers");
  await see(providerState(desk, "Connected"));
  desk.forgives(/ERR_INTERNET_DISCONNECTED/);
  await context.setOffline(true);
  await see(page.getByText(/^No network/));
  await shoot(desk, "state-offline");
  await go(/^Sites/);
  await see(page.getByText(/could not be loaded/));
  await shoot(desk, "state-error");
  await context.setOffline(false);
  desk.refuses(/^404 /, /^401 /);
  await page.clock.install();
  await page.goto("/jobs/018f0000-0000-7000-8000-000000000000");
  await see(page.getByText(/There is no such job/));
  await shoot(desk, "state-not-there");
  await endSessionBefore(desk, () => go(/^Providers/));
  await see(page.getByRole("heading", { name: /session has ended/i }));
  await shoot(desk, "state-session-expired");
});

test("the pictures stay small", () => {
  process.stdout.write(`${folder}: ${Math.round(totalBytes / 1000)} kB\n`);
  expect(totalBytes).toBeLessThan(TOTAL_BYTES);
});
