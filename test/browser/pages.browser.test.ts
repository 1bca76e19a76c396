/** What holds on every page, with data on it: rules for everyone who reads, the four principles, links, reloads, widths. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { operations } from "../../contracts/operations.ts";
import { call, ended, getJob } from "../e2e/client.ts";
import { type Desk, test } from "./desk.ts";
import { type Furniture, furnish } from "./furniture.ts";
import { excessOf, violationsInBothThemes } from "./rules.ts";
import { dialogsOf, expectPoll, fillLogIn, logIn, quiet, see } from "./steps.ts";

let made: Furniture = { nodeId: "", siteId: "", failedJobId: "", runningJobId: "", billedNodeId: "" };

beforeAll(async () => {
  made = (await furnish()) ?? made;
});

afterAll(async () => {
  if (made.runningJobId === "") return;
  await call("POST", `/api/jobs/${made.runningJobId}/cancel`);
  await ended(made.runningJobId, 60);
});

/** Each address with something to show, by the pattern of its route. */
const pages = (): ReadonlyMap<string, string> =>
  new Map([
    ["/", "/"],
    ["/providers", "/providers"],
    ["/nodes", "/nodes"],
    ["/nodes/new", "/nodes/new"],
    ["/nodes/:id", `/nodes/${made.nodeId}`],
    ["/nodes/:id, still billed", `/nodes/${made.billedNodeId}`],
    ["/sites", "/sites"],
    ["/sites/new", "/sites/new"],
    ["/sites/:id", `/sites/${made.siteId}`],
    ["/jobs", "/jobs"],
    ["/jobs/:id, failed", `/jobs/${made.failedJobId}`],
    ["/jobs/:id, running", `/jobs/${made.runningJobId}`],
    ["/settings/tokens", "/settings/tokens"],
    ["nowhere", "/nowhere"],
  ]);

/** Waits until all of a page is there. */
const ready = async (desk: Desk): Promise<void> => {
  await see(desk.page.getByRole("main").getByRole("heading", { level: 1 }));
  await quiet(desk);
};

const open = async (desk: Desk, address: string): Promise<void> => {
  await desk.page.goto(address);
  await ready(desk);
};

/** `/jobs/0199...` as the route that it belongs to. */
const patternOf = (path: string): string => path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, ":id");

/** The routes that the page links to. */
const linksOf = async ({ page }: Desk): Promise<string[]> => {
  const links = await page.getByRole("link").all();
  const targets = await Promise.all(links.map((link) => link.getAttribute("href")));
  return targets.map((href) => patternOf(href?.split(/[?#]/)[0] ?? ""));
};

/** Every route that links lead to from the overview. */
const reached = (links: ReadonlyMap<string, readonly string[]>): Set<string> => {
  const seen = new Set(["/"]);
  for (const route of seen) for (const target of links.get(route) ?? []) seen.add(target);
  return seen;
};

test("every page: nothing for axe, nothing sideways at 360 and 3840 px, at its address after a reload, and linked", async ({
  desk,
}) => {
  const { page } = desk;
  await page.goto("/");
  await see(page.getByRole("form", { name: "Log in" }));
  const violations = await violationsInBothThemes(desk.page, "log-in");
  const wide: string[] = [];
  const moved: string[] = [];
  const links = new Map<string, string[]>();
  const look = async (name: string, address: string): Promise<void> => {
    await page.goto(address, { waitUntil: "domcontentloaded" });
    await page.reload();
    await ready(desk);
    if (new URL(page.url()).pathname !== address) moved.push(`${name}: ${page.url()}`);
    violations.push(...(await violationsInBothThemes(desk.page, name)));
    for (const width of [360, 3840])
      if ((await excessOf(desk.page, width)) > 0) wide.push(`${name}: sideways at ${width} px`);
    const route = patternOf(address);
    links.set(route, [...(links.get(route) ?? []), ...(await linksOf(desk))]);
  };
  await fillLogIn(desk);
  await see(page.getByRole("navigation", { name: "Places" }));
  for (const [name, address] of pages()) await look(name, address);
  expect.soft(violations).toEqual([]);
  expect.soft(wide).toEqual([]);
  expect.soft(moved).toEqual([]);
  const routes = [...readFileSync("dashboard/app.tsx", "utf8").matchAll(/<Route path="(\/[^"*]*)"/g)];
  const known = reached(links);
  const unlinked = routes.map(([, path = ""]) => path).filter((path) => path !== "/login" && !known.has(path));
  expect(routes.length).toBeGreaterThan(10);
  expect.soft(unlinked, "routes that no link leads to").toEqual([]);
});

test("the API's reference: nothing for axe, nothing sideways, and it names every operation", async ({ desk }) => {
  const { page } = desk;
  await page.goto("/docs/api");
  await ready(desk);
  expect(await violationsInBothThemes(desk.page, "reference")).toEqual([]);
  for (const width of [360, 3840]) expect(await excessOf(desk.page, width), `${width} px`).toBeLessThanOrEqual(0);
  const text = await page.getByRole("main").innerText();
  expect(Object.values(operations).filter(({ path }) => !text.includes(path))).toEqual([]);
});

test("every dialog: nothing for axe, and Escape closes it", async ({ desk }) => {
  await logIn(desk);
  const found: string[] = [];
  let count = 0;
  for (const address of ["/providers", `/nodes/${made.nodeId}`, `/sites/${made.siteId}`, "/settings/tokens"]) {
    await open(desk, address);
    for await (const name of dialogsOf(desk)) {
      count += 1;
      found.push(...(await violationsInBothThemes(desk.page, `${address}, ${name}`)));
    }
  }
  expect(found).toEqual([]);
  expect(count).toBeGreaterThanOrEqual(10);
});

describe("the principles", () => {
  test("every page opens with the line that answers its question", async ({ desk }) => {
    const { page } = desk;
    await logIn(desk);
    const answers: Readonly<Record<string, RegExp>> = {
      "/": /^2 things need you · 3 nodes, 1 ready · 1 site · €\d+\.\d\d per month$/,
      "/providers": /^Hetzner Cloud is connected/,
      "/nodes": /^3 nodes · 1 ready · €\d+\.\d\d per month · 1 still billed although it should be gone$/,
      "/sites": /^1 site · 1 active · none needs you$/,
      "/jobs": /^1 running · 2 of the last \d+ failed$/,
      "/settings/tokens": /^1 token may do all that you may$/,
    };
    for (const [address, answer] of Object.entries(answers)) {
      await open(desk, address);
      const first = page.getByRole("main").getByRole("paragraph").first();
      await expectPoll(() => first.innerText()).toMatch(answer);
    }
  });

  test("a state that is not well is a word, and under it stands why and what to do", async ({ desk }) => {
    const { page } = desk;
    await logIn(desk, "/nodes");
    const row = page.getByRole("table", { name: "Nodes" }).getByRole("row").filter({ hasText: "old-fault-protected" });
    await see(row.getByText("Still billing", { exact: true }));
    const needs = page.getByRole("region", { name: "What needs you" });
    await see(needs.getByRole("link", { name: "old-fault-protected" }));
    const { guidance } = await getJob(made.failedJobId);
    expect(guidance).not.toEqual([]);
    await page.goto("/");
    for (const sentence of guidance)
      await see(page.getByRole("region", { name: "What needs you" }).getByText(sentence));
  });

  test("what runs shows its step, its share and the next look", async ({ desk }) => {
    const { page } = desk;
    await logIn(desk, `/jobs/${made.runningJobId}`);
    await see(page.getByRole("list", { name: "Steps" }).getByRole("listitem").filter({ hasText: "Now" }));
    await see(page.getByRole("progressbar"));
    await see(page.getByText(/next look/i));
    await page.goto("/nodes");
    await see(page.getByRole("progressbar", { name: /^Progress of / }));
  });

  test("a price stands next to what is billed, and the sum on the button that orders", async ({ desk }) => {
    const { page } = desk;
    await logIn(desk, "/nodes");
    const row = page.getByRole("table", { name: "Nodes" }).getByRole("row").filter({ hasText: "shop-1" });
    await see(row.getByText(/^€?\d+\.\d\d$/));
    await page.goto("/nodes/new");
    const button = page.getByRole("button", { name: /^Order for €\d+\.\d\d per month$/ });
    await see(button);
    const before = await button.textContent();
    const types = page.getByRole("form", { name: "New node" }).getByLabel("Type");
    await types.selectOption({ index: 1 });
    if ((await button.textContent()) === before) await types.selectOption({ index: 0 });
    expect(await button.textContent()).not.toBe(before);
  });
});
