/** The figures of the overview, counted from the indexes that hold only what is alive. */
import type { Metrics } from "../../contracts/models.ts";
import type { JobRecord } from "../../shared/domain/job.ts";
import { monthlyCostOf, type NodeRecord, readinessReasonsOf } from "../../shared/domain/node.ts";
import { listOpenJobs } from "../../shared/store/jobs.ts";
import { listNodes } from "../../shared/store/nodes.ts";
import { listSites } from "../../shared/store/sites.ts";
import type { Table } from "../../shared/store/table.ts";

const PAGE = 500;
/** 10,000 nodes, sites or open jobs; beyond that the figures are a lower bound. */
const PAGES_MAX = 20;

export const countFigures = async (table: Table): Promise<Metrics> => {
  const [nodes, jobs, sites] = await Promise.all([
    allPages((cursor) => listNodes(table, { decommissioned: false, limit: PAGE, cursor })),
    allPages((cursor) => listOpenJobs(table, { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) })),
    allPages((cursor) => listSites(table, { limit: PAGE, cursor })),
  ]);
  return figuresOf(nodes, jobs, sites.length);
};

type Page<T> = { items: T[]; cursor: string | undefined };

const allPages = async <T>(read: (cursor: string | undefined) => Promise<Page<T>>): Promise<T[]> => {
  const all: T[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const page = await read(cursor);
    all.push(...page.items);
    cursor = page.cursor;
    if (cursor === undefined) break;
  }
  return all;
};

/** Pure. Costs are added in cents. */
export const figuresOf = (nodes: readonly NodeRecord[], jobs: readonly JobRecord[], sitesTotal: number): Metrics => {
  const count = <T>(items: readonly T[], is: (item: T) => boolean) => items.filter(is).length;
  const alive = nodes.filter((node) => node.status !== "decommissioned");
  const cents = nodes.reduce((sum, node) => sum + Math.round((monthlyCostOf(node) ?? 0) * 100), 0);
  return {
    jobs_running: count(jobs, (job) => job.status === "running"),
    jobs_queued: count(jobs, (job) => job.status === "queued"),
    nodes_active: count(alive, (node) => node.status === "active"),
    sites_total: sitesTotal,
    nodes_total: alive.length,
    nodes_not_ready: count(alive, (node) => readinessReasonsOf(node).length > 0),
    servers_still_billing: count(nodes, (node) => node.serverState === "still_billing"),
    monthly_cost_total: cents / 100,
  };
};
