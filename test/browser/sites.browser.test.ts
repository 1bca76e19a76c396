/** One site through its life, each step begun and followed on its own page. Nodes are stand-ins; backups are really stored. */
import { beforeAll, describe, expect } from "vitest";
import { ended, named } from "../e2e/client.ts";
import { getEnvironment, getSite } from "../e2e/site-client.ts";
import { type Desk, test } from "./desk.ts";
import { makeNode, startConnected } from "./ground.ts";
import { environmentOf, heading, JOB_MS, jobIdOf, logIn, miss, openDialog, see } from "./steps.ts";

const slug = named("shop");
let siteId = "";

beforeAll(async () => {
  await startConnected();
  await makeNode(named("ground"));
});

const production = (desk: Desk) => environmentOf(desk, "Production");

/** The job that its region shows has ended well: the region of the job is gone. */
const untilDone = async (desk: Desk, environment: string): Promise<void> => {
  const job = environmentOf(desk, environment).getByRole("region", { name: /^Job: / });
  await see(job);
  await job.waitFor({ state: "hidden", timeout: JOB_MS });
};

describe("a site", () => {
  test("is created on the one node", async ({ desk }) => {
    const { page } = desk;
    await logIn(desk, "/sites");
    await page
      .getByRole("link", { name: /^Create/ })
      .first()
      .click();
    const form = page.getByRole("form", { name: "New site" });
    await form.getByLabel("Title").fill("Müller & Söhne");
    await form.getByLabel("Short name").fill(slug);
    await form.getByRole("button", { name: "Create site" }).click();
    const job = await ended(await jobIdOf(desk), 60);
    expect(job.error_message ?? job.status).toBe("succeeded");
    siteId = job.site_id ?? "";
    await page.goto(`/sites/${siteId}`);
    await see(heading(desk, "Müller & Söhne"));
    await see(production(desk).getByRole("link", { name: new RegExp(slug) }));
  });

  test("is cloned to staging, under an address of its own", async ({ desk }) => {
    const { page } = desk;
    await logIn(desk, `/sites/${siteId}`);
    const dialog = await openDialog(production(desk).getByRole("button", { name: "Clone" }), /^Clone /);
    await dialog.getByLabel("Name of the clone", { exact: true }).fill("Staging");
    await dialog.getByLabel("Short name of the clone").fill("staging");
    await dialog.getByRole("radio", { name: "Staging" }).check();
    await dialog.getByRole("button", { name: "Clone" }).click();
    await see(environmentOf(desk, "Staging").getByText("Active", { exact: true }), JOB_MS);
    await see(environmentOf(desk, "Staging").getByRole("link", { name: /^http:\/\/staging\./ }));
    await see(page.getByText(/2 environments/));
  });

  test("is backed up: size, checksum and age are shown", async ({ desk }) => {
    await logIn(desk, `/sites/${siteId}`);
    const dialog = await openDialog(production(desk).getByRole("button", { name: "Back up" }), /^Back up /);
    await dialog.getByRole("button", { name: "Back up" }).click();
    await untilDone(desk, "Production");
    const row = production(desk).getByRole("row").filter({ hasText: "Completed" });
    await see(row, JOB_MS);
    await see(row.getByText(/\d (B|kB|KiB|MB|MiB)/));
    await see(row.getByText(/^[0-9a-f]{8,}/));
    await see(row.getByRole("time"));
  });

  test("is restored only after its name was typed, and a backup was made of what was there", async ({ desk }) => {
    await logIn(desk, `/sites/${siteId}`);
    const { primary_environment_id: id } = await getSite(siteId);
    const before = await getEnvironment(id);
    const restore = production(desk)
      .getByRole("row")
      .getByRole("button", { name: /^Restore/ });
    const dialog = await openDialog(restore.first(), /^Restore /);
    expect(await dialog.getByRole("checkbox").isChecked()).toBe(true);
    const go = dialog.getByRole("button", { name: "Restore", exact: true });
    expect(await go.isDisabled()).toBe(true);
    const field = dialog.getByRole("textbox");
    await field.fill(`${before.slug}x`);
    expect(await go.isDisabled()).toBe(true);
    await field.fill(before.slug);
    await go.click();
    await miss(dialog);
    await untilDone(desk, "Production");
    await see(production(desk).getByText("Active", { exact: true }), JOB_MS);
    const rows = production(desk).getByRole("row").filter({ hasText: "Completed" });
    await see(rows.nth(1));
    expect((await getEnvironment(id)).current_release_id).not.toBe(before.current_release_id);
  });
});
