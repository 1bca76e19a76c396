import { describe, expect, it } from "vitest";
import jobExample from "../../contracts/examples/getJob.answer.json" with { type: "json" };
import metricsExample from "../../contracts/examples/getMetrics.answer.json" with { type: "json" };
import providerExample from "../../contracts/examples/getProvider.answer.json" with { type: "json" };
import { type Job, job, metrics, providerConnection } from "../../contracts/models.ts";
import { firstSteps, lateFailures, needsOf, overviewAnswer } from "./overview.ts";

const nowMs = Date.UTC(2026, 10, 23, 12);
const hoursAgo = (hours: number) => new Date(nowMs - hours * 3_600_000).toISOString();
const base = job.parse(jobExample);
const make = (change: Partial<Job>, hours: number): Job => ({
  ...base,
  id: `${hours} h`,
  site_id: null,
  environment_id: null,
  created_at: hoursAgo(hours),
  finished_at: hoursAgo(hours),
  ...change,
});
const provider = { ...providerConnection.parse(providerExample), status: "connected" } as const;
const figures = {
  ...metrics.parse(metricsExample),
  nodes_total: 5,
  nodes_not_ready: 0,
  sites_total: 2,
  servers_still_billing: 0,
  monthly_cost_total: 32.8,
};

describe("failures of late", () => {
  const deleted = (status: Job["status"], hours: number) => make({ status, job_type: "node_delete" }, hours);
  it.each<[string, Job[], number]>([
    ["one of this day counts", [deleted("failed", 2)], 1],
    ["one of yesterday does not", [deleted("failed", 25)], 0],
    ["one that was made good since does not", [deleted("succeeded", 1), deleted("failed", 2)], 0],
    ["one after a good one counts", [deleted("failed", 2), deleted("succeeded", 3)], 1],
    ["one that failed again counts once", [deleted("failed", 2), deleted("failed", 3)], 1],
    [
      "another thing's success makes nothing good",
      [{ ...deleted("succeeded", 1), node_id: null }, deleted("failed", 2)],
      1,
    ],
    ["what was cancelled did not fail", [deleted("cancelled", 1)], 0],
  ])("%s", (_, jobs, expected) => {
    expect(lateFailures(jobs, nowMs)).toHaveLength(expected);
  });
});

it.each([
  [figures, 0, true, "Everything is well · 5 nodes, all ready · 2 sites · €32.80 per month"],
  [figures, 0, false, "5 nodes, all ready · 2 sites · €32.80 per month"],
  [{ ...figures, nodes_not_ready: 2 }, 0, true, "5 nodes, 3 ready · 2 sites · €32.80 per month"],
  [figures, 1, true, "1 thing needs you · 5 nodes, all ready · 2 sites · €32.80 per month"],
  [figures, 1, false, "At least 1 thing needs you · 5 nodes, all ready · 2 sites · €32.80 per month"],
  [figures, 2, true, "2 things need you · 5 nodes, all ready · 2 sites · €32.80 per month"],
  [
    { ...figures, nodes_total: 0, sites_total: 0, monthly_cost_total: 0 },
    0,
    true,
    "No nodes · 0 sites · €0.00 per month",
  ],
])("of %j with %i things, all known: %s, it answers: %s", (known, count, isAllKnown, expected) => {
  expect(overviewAnswer(known, count, isAllKnown)).toBe(expected);
});

describe("what needs somebody", () => {
  it("is nothing when all is well, and nothing before anything is known", () => {
    const none = { things: [], failures: [], count: 0 };
    expect(needsOf({ metrics: figures, providers: [provider], jobs: [] }, nowMs)).toEqual(none);
    expect(needsOf({ metrics: undefined, providers: undefined, jobs: undefined }, nowMs)).toEqual(none);
  });

  it("is money first, then a provider in the API's own words", () => {
    const unwell = {
      ...provider,
      status: "degraded" as const,
      last_status_message: "Refused.",
      guidance: ["Make a token."],
    };
    const owing = { ...figures, nodes_not_ready: 2, servers_still_billing: 2 };
    const { things, count } = needsOf({ metrics: owing, providers: [unwell], jobs: [] }, nowMs);
    expect(count).toBe(2);
    expect(things.map(({ title, guidance }) => [title, guidance.at(-1)])).toEqual([
      ["2 servers are still billed although they should be gone.", expect.stringContaining("every hour")],
      [`${provider.display_name}: Refused.`, "Make a token."],
    ]);
  });

  it("is a provider that is not connected only when nodes are waiting for it", () => {
    const none = { ...provider, status: "disconnected" } as const;
    expect(needsOf({ metrics: figures, providers: [none], jobs: [] }, nowMs).count).toBe(1);
    expect(needsOf({ metrics: { ...figures, nodes_total: 0 }, providers: [none], jobs: [] }, nowMs).count).toBe(0);
  });

  const left = make({ status: "failed", job_type: "node_delete", guidance: ["Take the protection away."] }, 1);
  it.each([
    ["a server that is left, with its deletion that failed", 1, 1, [left], ["1 server is"], 0],
    ["such a server and a node that is not ready", 1, 2, [left], ["1 server is", "1 node is"], 0],
    ["such a server and an order that failed", 1, 1, [left, make({ status: "failed" }, 2)], ["1 server is"], 1],
    ["a deletion that failed, when nothing is billed any more", 0, 0, [left], [], 1],
  ])("tells once of %s", (_, servers_still_billing, nodes_not_ready, jobs, titles, failures) => {
    const metrics = { ...figures, servers_still_billing, nodes_not_ready };
    const needs = needsOf({ metrics, providers: [provider], jobs }, nowMs);
    expect(needs.things.map(({ title }) => title.split(" ").slice(0, 3).join(" "))).toEqual(titles);
    expect([needs.failures.length, needs.count]).toEqual([failures, titles.length + failures]);
    const said = [...needs.things, ...needs.failures].flatMap(({ guidance }) => guidance);
    expect(said.filter((sentence) => sentence === "Take the protection away.")).toHaveLength(1);
  });
});

it("is a node that is not ready, but not while it is being made", () => {
  const known = { metrics: { ...figures, nodes_not_ready: 2 }, providers: [provider] };
  const making = make({ status: "running", job_type: "node_provision" }, 1);
  const titles = (jobs: Job[]) => needsOf({ ...known, jobs }, nowMs).things.map(({ title }) => title);
  expect(titles([making])).toEqual(["1 node is not ready for sites."]);
  expect(titles([making, making])).toEqual([]);
});

describe("the way to a first site", () => {
  const empty = { ...figures, nodes_total: 0, nodes_not_ready: 0, sites_total: 0 };
  const none = { ...provider, status: "disconnected" } as const;
  it.each([
    ["nothing", empty, none, ["now", "later", "later"]],
    ["a provider", empty, provider, ["done", "now", "later"]],
    ["a node that is being made", { ...empty, nodes_total: 1, nodes_not_ready: 1 }, provider, ["done", "now", "later"]],
    ["a node", { ...empty, nodes_total: 1 }, provider, ["done", "done", "now"]],
  ])("with %s", (_, known, connection, expected) => {
    expect(firstSteps({ metrics: known, providers: [connection], jobs: [] })?.map(({ state }) => state)).toEqual(
      expected,
    );
  });

  it("is over with the first site", () => {
    expect(firstSteps({ metrics: figures, providers: [provider], jobs: [] })).toBeNull();
  });

  it("is not shown before all is known that it depends on", () => {
    expect(firstSteps({ metrics: empty, providers: [provider], jobs: undefined })).toBeNull();
    expect(firstSteps({ metrics: empty, providers: undefined, jobs: [] })).toBeNull();
  });

  const one = { ...empty, nodes_total: 1, nodes_not_ready: 1 };
  const making = make({ id: "j", status: "queued", job_type: "node_provision" }, 0);
  it.each([
    ["nothing is ordered", empty, [], "/nodes/new"],
    ["the last order failed", empty, [make({ status: "failed", job_type: "node_provision" }, 1)], "/nodes/new"],
    ["one is ordered", empty, [making], "/jobs/j"],
    ["one is being made", one, [making], "/jobs/j"],
    ["one is there, and not ready", one, [], "/nodes"],
  ])("leads to one node alone: when %s", (_, known, jobs, href) => {
    expect(firstSteps({ metrics: known, providers: [provider], jobs })?.[1]).toMatchObject({
      state: "now",
      link: { href },
    });
  });
});
