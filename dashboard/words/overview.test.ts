import { describe, expect, it } from "vitest";
import jobExample from "../../contracts/examples/getJob.answer.json" with { type: "json" };
import metricsExample from "../../contracts/examples/getMetrics.answer.json" with { type: "json" };
import providerExample from "../../contracts/examples/getProvider.answer.json" with { type: "json" };
import { type Job, job, metrics, providerConnection } from "../../contracts/models.ts";
import { firstSteps, lateFailures, overviewAnswer, thingsOf } from "./overview.ts";

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
  [figures, 0, "Everything is well · 5 nodes, all ready · 2 sites · €32.80 per month"],
  [{ ...figures, nodes_not_ready: 2 }, 0, "5 nodes, 3 ready · 2 sites · €32.80 per month"],
  [figures, 1, "1 thing needs you · 5 nodes, all ready · 2 sites · €32.80 per month"],
  [figures, 2, "2 things need you · 5 nodes, all ready · 2 sites · €32.80 per month"],
  [{ ...figures, nodes_total: 0, sites_total: 0, monthly_cost_total: 0 }, 0, "No nodes · 0 sites · €0.00 per month"],
])("of %j with %i things it answers: %s", (known, things, expected) => {
  expect(overviewAnswer(known, things)).toBe(expected);
});

describe("what needs somebody", () => {
  it("is nothing when all is well, and nothing before anything is known", () => {
    expect(thingsOf({ metrics: figures, providers: [provider], jobs: [] })).toEqual([]);
    expect(thingsOf({ metrics: undefined, providers: [], jobs: [] })).toEqual([]);
  });

  it("is money first, then a provider in the API's own words", () => {
    const unwell = {
      ...provider,
      status: "degraded" as const,
      last_status_message: "Refused.",
      guidance: ["Make a token."],
    };
    const things = thingsOf({ metrics: { ...figures, servers_still_billing: 2 }, providers: [unwell], jobs: [] });
    expect(things.map(({ title, guidance }) => [title, guidance.at(-1)])).toEqual([
      ["2 servers are still billed although they should be gone.", expect.stringContaining("every hour")],
      [`${provider.display_name}: Refused.`, "Make a token."],
    ]);
  });

  it("is a provider that is not connected only when nodes are waiting for it", () => {
    const none = { ...provider, status: "disconnected" } as const;
    expect(thingsOf({ metrics: figures, providers: [none], jobs: [] })).toHaveLength(1);
    expect(thingsOf({ metrics: { ...figures, nodes_total: 0 }, providers: [none], jobs: [] })).toEqual([]);
  });
});

it("is a node that is not ready, but not while it is being made", () => {
  const known = { metrics: { ...figures, nodes_not_ready: 2 }, providers: [provider] };
  const making = make({ status: "running", job_type: "node_provision" }, 1);
  expect(thingsOf({ ...known, jobs: [making] }).map(({ title }) => title)).toEqual(["1 node is not ready for sites."]);
  expect(thingsOf({ ...known, jobs: [making, making] })).toEqual([]);
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
    expect(firstSteps({ metrics: known, providers: [connection] })?.map(({ state }) => state)).toEqual(expected);
  });

  it("is over with the first site", () => {
    expect(firstSteps({ metrics: figures, providers: [provider] })).toBeNull();
  });
});
