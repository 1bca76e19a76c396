/** What a page asks for while somebody looks, while nobody does, and with a thousand nodes. Each question costs money. */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, inject } from "vitest";
import { manyNodes, putNodes } from "../../local/cloud/many-nodes.ts";
import { makeDynamoTable } from "../../shared/store/dynamo-table.ts";
import { aws, call, ended, getJob, named, order, pause, stack, until } from "../e2e/client.ts";
import { type Desk, test } from "./desk.ts";
import { startAfresh, startConnected } from "./ground.ts";
import { expectPoll, logIn, quiet, see } from "./steps.ts";

const IDLE_MINUTES = 10;
const minutes = (count: number): number => count * 60_000;

/** Questions from here on. */
const countFrom = ({ asked }: Desk): (() => number) => {
  const before = asked.length;
  return () => asked.length - before;
};

describe("a page that watches a job", () => {
  let jobId = "";

  beforeAll(async () => {
    if (inject("chromium").missing !== null) return;
    await startConnected();
    jobId = await order(named("late-cloud-init-never"));
    await until(30, async () => (await getJob(jobId)).status === "running");
  });

  afterAll(async () => {
    if (jobId === "") return;
    await call("POST", `/api/jobs/${jobId}/cancel`);
    await ended(jobId, 60);
  });

  const open = async (desk: Desk): Promise<void> => {
    await desk.page.clock.install();
    await logIn(desk, `/jobs/${jobId}`);
    await see(desk.page.getByRole("list", { name: "Steps" }));
    await quiet(desk);
  };

  test("asks again and again", async ({ desk }) => {
    await open(desk);
    const count = countFrom(desk);
    await expectPoll(count).toBeGreaterThan(2);
  });

  test("asks nothing while it is hidden, and at once when it is seen again", async ({ desk }) => {
    const { page } = desk;
    await open(desk);
    const show = (state: "hidden" | "visible") =>
      page.evaluate(`
        Object.defineProperty(document, "visibilityState", { value: "${state}", configurable: true });
        Object.defineProperty(document, "hidden", { value: ${state === "hidden"}, configurable: true });
        document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
      `);
    await show("hidden");
    await quiet(desk);
    const whileHidden = countFrom(desk);
    await page.clock.runFor(minutes(3));
    expect(whileHidden()).toBe(0);
    const afterwards = countFrom(desk);
    await show("visible");
    await expectPoll(afterwards).toBeGreaterThan(0);
  });

  test("asks nothing after ten minutes without a hand on it, and goes on with the next touch", async ({ desk }) => {
    const { page } = desk;
    await open(desk);
    await page.clock.fastForward(minutes(IDLE_MINUTES) + 1000);
    await quiet(desk);
    const whileIdle = countFrom(desk);
    await page.clock.runFor(minutes(3));
    expect(whileIdle()).toBe(0);
    const afterwards = countFrom(desk);
    await page.keyboard.press("Shift");
    await expectPoll(afterwards).toBeGreaterThan(0);
  });
});

describe("a thousand nodes", () => {
  beforeAll(async () => {
    if (inject("chromium").missing !== null) return;
    await startConnected();
    const client = new DynamoDBClient(aws());
    const table = makeDynamoTable({ client, tableName: stack().table_name, sleep: pause, random: Math.random });
    await putNodes(table, manyNodes(1000, Date.now()));
    client.destroy();
  });

  afterAll(startAfresh);

  test("are counted, filtered and sorted, ten pages of a hundred", async ({ desk }) => {
    const { page } = desk;
    await logIn(desk, "/nodes");
    const main = page.getByRole("main");
    await see(main.getByText(/1,?000 nodes · 920 ready/), 60_000);
    await see(main.getByText(/1,?000 of 1,?000 nodes\./), 30_000);
    const pages = desk.asked.filter(({ what }) => what === "GET /api/nodes");
    expect(pages.length).toBeGreaterThanOrEqual(10);
    const search = page.getByRole("searchbox");
    await search.fill("many-0777");
    const table = page.getByRole("table", { name: "Nodes" });
    await see(table.getByRole("link", { name: "many-0777" }));
    await expectPoll(() => table.getByRole("row").count()).toBe(2);
    await search.fill("");
    await page.getByRole("radio", { name: /^Needs you 80$/ }).check({ force: true });
    await see(table.getByText("Still billing", { exact: true }));
  });
});
