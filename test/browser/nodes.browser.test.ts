/** Nodes from the order to the end of a job, as an operator sees them. Words in their names make Hetzner fail. */
import { beforeAll, expect, inject } from "vitest";
import * as z from "zod";
import { call, ended, getJob, named, projectState, serversOf } from "../e2e/client.ts";
import { test } from "./desk.ts";
import { startConnected } from "./ground.ts";
import {
  expectFocus,
  expectPoll,
  fillOrder,
  heading,
  JOB_MS,
  jobIdOf,
  logIn,
  orderNode,
  see,
  stateOf,
  tabTo,
} from "./steps.ts";

beforeAll(startConnected);

const countJobs = async (): Promise<number> => listed.parse((await call("GET", "/api/jobs?limit=100")).body).length;
const listed = z.array(z.unknown());

test("a node is ordered for the sum that was shown, and watched until it is active", async ({ desk }) => {
  const { page } = desk;
  await logIn(desk, "/nodes");
  await page
    .getByRole("link", { name: /^Create/ })
    .first()
    .click();
  await fillOrder(desk, named("shop"));
  await see(page.getByRole("button", { name: /^Order for €\d+\.\d\d per month$/ }));
  const jobId = await orderNode(desk);
  await see(page.getByRole("list", { name: "Steps" }));
  const job = await ended(jobId, 60);
  await see(stateOf(desk, "Succeeded"), JOB_MS);
  await page.goto(`/nodes/${job.node_id}`);
  await see(heading(desk, named("shop")));
  await see(stateOf(desk, "Ready"));
});

test("a refusal shows its code, its reason and what to do", async ({ desk }) => {
  const { page } = desk;
  await logIn(desk, "/nodes/new");
  await fillOrder(desk, named("sold-fault-sold-out"));
  const jobId = await orderNode(desk);
  const job = await ended(jobId, 60);
  expect(job.guidance).not.toEqual([]);
  await see(stateOf(desk, "Failed"), JOB_MS);
  await see(page.getByText(job.error_code ?? "", { exact: true }));
  await see(page.getByText(job.error_reason ?? "", { exact: true }));
  await see(page.getByText(job.error_message ?? ""));
  for (const sentence of job.guidance) await see(page.getByRole("listitem").filter({ hasText: sentence }));
});

test("a job is in the title and the icon until it is cancelled, and says what becomes of what was made", async ({
  desk,
}) => {
  const { page } = desk;
  await logIn(desk, "/nodes/new");
  // Only a cancel ends it, however slow the page is.
  await fillOrder(desk, named("gone-cloud-init-never"));
  const jobId = await orderNode(desk);
  const { node_id } = await getJob(jobId);
  await expectPoll(async () => (await serversOf(node_id)).length, JOB_MS).toBe(1);
  const icon = page.locator("link[rel=icon]");
  await expectPoll(() => page.title(), JOB_MS).toContain("1 running");
  await expectPoll(() => icon.getAttribute("href")).toContain("busy");
  await page.getByRole("button", { name: /^Cancel/ }).click();
  await see(page.getByRole("status").filter({ hasText: /^Cancel asked for/ }));
  await ended(jobId, 60);
  await see(stateOf(desk, "Cancelled"), JOB_MS);
  await expectPoll(() => page.title()).not.toContain("running");
  await expectPoll(() => icon.getAttribute("href")).not.toContain("busy");
  expect(await serversOf(node_id)).toEqual([]);
});

test("two clicks on the order are one node", async ({ desk }) => {
  await logIn(desk, "/nodes/new");
  const before = (await projectState("demo"))?.servers.length ?? 0;
  await fillOrder(desk, named("twice"));
  await desk.page.getByRole("button", { name: /^Order/ }).dblclick();
  const job = await ended(await jobIdOf(desk), 60);
  expect(job.status).toBe("succeeded");
  expect((await projectState("demo"))?.servers.length).toBe(before + 1);
});

test("an order whose answer was lost with the page is the same order when it is sent again", async ({ desk }) => {
  const { page, context } = desk;
  await logIn(desk, "/nodes/new");
  const order = page.getByRole("button", { name: /^Order for/ });
  await see(order);
  const before = await countJobs();
  const network = await context.newCDPSession(page);
  const delayAnswers = (latency: number) =>
    network.send("Network.emulateNetworkConditions", {
      offline: false,
      latency,
      downloadThroughput: -1,
      uploadThroughput: -1,
    });
  await delayAnswers(60_000);
  await order.click();
  await expectPoll(countJobs).toBe(before + 1);
  await page.goto("about:blank");
  await delayAnswers(0);
  await page.goto("/nodes/new");
  await order.click();
  const job = await ended(await jobIdOf(desk), 60);
  expect(job.status).toBe("succeeded");
  expect(await countJobs()).toBe(before + 1);
  expect(await page.evaluate("sessionStorage.length")).toBe(0);
});

test("with the keyboard alone one logs in, orders a node, and sees where one is", async ({ desk }) => {
  const { page } = desk;
  const { operator_email: email, operator_password: password } = inject("stack");
  await page.goto("/");
  await tabTo(desk, page.getByLabel("E-mail"));
  await page.keyboard.type(email);
  await tabTo(desk, page.getByLabel("Password"));
  await page.keyboard.type(password);
  desk.gives(password, "POST /api/login");
  await page.keyboard.press("Enter");
  await see(heading(desk, "Overview"));
  const places = page.getByRole("navigation", { name: "Places" });
  await tabTo(desk, places.getByRole("link", { name: /^Nodes/ }));
  await page.keyboard.press("Enter");
  await expectFocus(heading(desk, "Nodes"));
  await tabTo(
    desk,
    page
      .getByRole("main")
      .getByRole("link", { name: /^Create/ })
      .first(),
  );
  await page.keyboard.press("Enter");
  await expectFocus(heading(desk, "Create node"));
  await tabTo(desk, page.getByRole("form", { name: "New node" }).getByLabel("Name"));
  await page.keyboard.type(named("keys-fault-sold-out"));
  await tabTo(desk, page.getByRole("button", { name: /^Order/ }));
  await page.keyboard.press("Enter");
  const job = await ended(await jobIdOf(desk), 60);
  expect(job.error_reason).toBe("capacity");
});
