/** `npm run bench:dashboard`: what the dashboard loads, how fast it follows, and how much it asks. Nothing is asserted. */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import * as z from "zod";
import { manyNodes, putNodes } from "../../local/cloud/many-nodes.ts";
import { makeDynamoTable } from "../../shared/store/dynamo-table.ts";
import { aws, call, ended, getJob, order, pause, stack, until } from "../e2e/client.ts";
import { type Desk, test } from "./desk.ts";
import { startConnected } from "./ground.ts";
import { initialSizes, totalOf } from "./size.ts";
import { heading, logIn, quiet, see } from "./steps.ts";

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const kilo = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;

test("what is loaded", async ({ desk }) => {
  const sizes = initialSizes(".local/browser/dashboard");
  print(`scripts and styles, gzipped: ${kilo(totalOf(sizes))}`);
  for (const { name, gzippedBytes } of sizes) print(`  ${name} ${kilo(gzippedBytes)}`);
  await startConnected();
  await logIn(desk, "/nodes");
  await desk.page.goto("/nodes");
  await see(heading(desk, "Nodes"));
  await quiet(desk);
  const loaded = z
    .object({ paintMs: z.number(), before: z.array(z.string()) })
    .parse(await desk.page.evaluate(beforeFirstPaint));
  print(`first paint of /nodes after ${Math.round(loaded.paintMs)} ms and ${1 + loaded.before.length} requests`);
  for (const name of loaded.before) print(`  ${name}`);
});

/** What had been asked for when there was something to see, beside the page itself. */
const beforeFirstPaint = `(() => {
  const paint = performance.getEntriesByName("first-contentful-paint")[0].startTime;
  const resources = performance.getEntriesByType("resource").filter(({ startTime }) => startTime < paint);
  return { paintMs: paint, before: resources.map(({ name }) => new URL(name).pathname) };
})()`;

const seenStep = z.object({ atMs: z.number(), text: z.string() });

/** Notes each change of the list of steps. */
const watchSteps = `(() => {
  const list = document.querySelector('[aria-label="Steps"]');
  window.seen = [];
  const note = () => {
    for (const item of list.querySelectorAll("li")) window.seen.push({ atMs: Date.now(), text: item.innerText });
  };
  note();
  new MutationObserver(note).observe(list, { subtree: true, childList: true, characterData: true, attributes: true });
})()`;

/** From the start of each step, as the job has it, to its first sign on the screen. */
async function lagsOf({ page }: Desk, jobId: string): Promise<number[]> {
  const job = await ended(jobId, 90);
  const seen = z.array(seenStep).parse(await page.evaluate("window.seen"));
  const names = z
    .array(z.string())
    .parse(await page.evaluate(`[...document.querySelectorAll('[aria-label="Steps"] li')].map((li) => li.innerText)`))
    .map((text) => text.split(/[:\n]/)[0] ?? "");
  return job.steps.flatMap(({ started_at }, index) => {
    const at = Date.parse(started_at ?? "");
    const name = names[index] ?? "";
    const sign = seen.find(({ atMs, text }) => atMs >= at && text.startsWith(name) && !/To do/.test(text));
    return Number.isNaN(at) || sign === undefined ? [] : [sign.atMs - at];
  });
}

test("a change of a watched job", async ({ desk }) => {
  await startConnected();
  const lags: number[] = [];
  for (const name of ["watched-1", "watched-2", "watched-3"]) {
    const jobId = await order(name);
    if (lags.length === 0) await logIn(desk, `/jobs/${jobId}`);
    else await desk.page.goto(`/jobs/${jobId}`);
    await see(desk.page.getByRole("list", { name: "Steps" }));
    await desk.page.evaluate(watchSteps);
    await ended(jobId, 90);
    await see(desk.page.getByRole("main").getByText("Succeeded", { exact: true }), 10_000);
    lags.push(...(await lagsOf(desk, jobId)));
  }
  const sorted = lags.toSorted((one, other) => one - other);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  print(`from a step's start to the screen: median ${at(0.5)} ms, longest ${at(1)} ms, of ${sorted.length} steps`);
});

/** Until the list is drawn anew and painted. */
const drawAgain = `(async () => {
  const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const places = [...document.querySelectorAll("nav a")];
  const go = (href) => places.find((link) => link.getAttribute("href") === href).click();
  const times = [];
  for (let round = 0; round < 7; round += 1) {
    go("/providers");
    await painted();
    const before = performance.now();
    go("/nodes");
    await painted();
    times.push(performance.now() - before);
  }
  return times.toSorted((one, other) => one - other)[3];
})()`;

test("a list of a thousand nodes beside one of a hundred", async ({ desk }) => {
  const client = new DynamoDBClient(aws());
  const table = makeDynamoTable({ client, tableName: stack().table_name, sleep: pause, random: Math.random });
  const times: number[] = [];
  // The same moment makes the same nodes: the hundred are among the thousand.
  const nowMs = Date.now();
  await startConnected();
  for (const count of [100, 1000]) {
    await putNodes(table, manyNodes(count, nowMs));
    if (times.length === 0) await logIn(desk, "/nodes");
    else await desk.page.goto("/nodes");
    await see(desk.page.getByRole("main").getByText(new RegExp(`^${count === 1000 ? "1,?000" : count} nodes`)), 60_000);
    await quiet(desk);
    times.push(Number(await desk.page.evaluate(drawAgain)));
  }
  client.destroy();
  const [few = 0, many = 0] = times;
  print(
    `/nodes drawn again: ${few.toFixed(0)} ms with 100, ${many.toFixed(0)} ms with 1,000, ratio ${(many / few).toFixed(2)}`,
  );
});

const MINUTE_MS = 60_000;

test("questions a minute", async ({ desk }) => {
  const { page, asked } = desk;
  await startConnected();
  const jobId = await order("late-cloud-init-never");
  await until(30, async () => (await getJob(jobId)).status === "running");
  await page.clock.install();
  await logIn(desk, `/jobs/${jobId}`);
  const during = async (name: string, pass: () => Promise<unknown>): Promise<void> => {
    await quiet(desk);
    const before = asked.length;
    await pass();
    const counts = Object.entries(
      Object.groupBy(asked.slice(before), ({ what }) => what.replace(/[0-9a-f-]{36}/, "{id}")),
    );
    const told = counts.map(([what, all = []]) => `${all.length} ${what}`).join(", ");
    print(`${name}: ${asked.length - before} a minute${told === "" ? "" : ` (${told})`}`);
  };
  await during("watching a job", () => pause(MINUTE_MS));
  await page.goto("/nodes");
  await during("looking at /nodes while a job runs", () => pause(MINUTE_MS));
  await page.clock.fastForward(10 * MINUTE_MS + 1000);
  await during("nobody there for ten minutes", () => page.clock.runFor(MINUTE_MS));
  await page.evaluate(`
    Object.defineProperty(document, "hidden", { value: true, configurable: true });
    Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  `);
  await during("in the background", () => page.clock.runFor(MINUTE_MS));
  await call("POST", `/api/jobs/${jobId}/cancel`);
  await ended(jobId, 60);
});
