/** Is everything well? What the overview answers first, and the steps to a first site. Pure. */
import type { Job, Metrics, ProviderConnection } from "../../contracts/models.ts";
import { countWord, euroWord } from "./amounts.ts";
import { isOver } from "./jobs.ts";

const DAY_MS = 86_400_000;

/** Failed within the last day, the newest first; not what a later job of the same kind on the same thing made good or repeats. */
export const lateFailures = (jobs: readonly Job[], nowMs: number): Job[] => {
  const about = ({ job_type, node_id, site_id, environment_id }: Job) =>
    [job_type, environment_id ?? site_id ?? node_id].join(" ");
  const later = new Map<string, string>();
  for (const job of jobs) {
    if ((job.status === "succeeded" || job.status === "failed") && !later.has(about(job)))
      later.set(about(job), job.id);
  }
  return jobs.filter(
    (job) =>
      job.status === "failed" &&
      nowMs - Date.parse(job.finished_at ?? job.updated_at) < DAY_MS &&
      later.get(about(job)) === job.id,
  );
};

export interface Thing {
  readonly tone: "warn" | "bad";
  readonly title: string;
  /** What to do, in order. */
  readonly guidance: readonly string[];
  readonly link: { readonly href: string; readonly words: string };
}

interface Known {
  readonly metrics: Metrics | undefined;
  readonly providers: readonly ProviderConnection[];
  readonly jobs: readonly Job[];
}

const moneyThing = (count: number): Thing => ({
  tone: "bad",
  title: `${countWord(count, "server is", "servers are")} still billed although ${count === 1 ? "it" : "they"} should be gone.`,
  guidance: ["Pressluft tries again every hour. The node says what stops it."],
  link: { href: "/nodes?group=needs+you", words: "See which" },
});

const providerThing = ({ display_name, last_status_message, guidance, status }: ProviderConnection): Thing => ({
  tone: status === "degraded" ? "bad" : "warn",
  title: `${display_name}: ${last_status_message}`,
  guidance,
  link: { href: "/providers", words: "To the providers" },
});

const nodesThing = (count: number): Thing => ({
  tone: "warn",
  title: `${countWord(count, "node is", "nodes are")} not ready for sites.`,
  guidance: [],
  link: { href: "/nodes?group=needs+you", words: "See which, and why" },
});

/** A node that is being made or deleted is not ready either, and needs nobody. */
const isNodeAtWork = ({ job_type, status }: Job): boolean =>
  (job_type === "node_provision" || job_type === "node_delete") && !isOver(status);

/** What needs somebody, money first. */
export const thingsOf = ({ metrics, providers, jobs }: Known): Thing[] => {
  const owed = metrics?.servers_still_billing ?? 0;
  const unready = Math.max(0, (metrics?.nodes_not_ready ?? 0) - jobs.filter(isNodeAtWork).length);
  const isUsed = (metrics?.nodes_total ?? 0) > 0;
  const unwell = providers.filter(({ status }) => status === "degraded" || (status === "disconnected" && isUsed));
  return [
    ...(owed > 0 ? [moneyThing(owed)] : []),
    ...unwell.map(providerThing),
    ...(unready > 0 ? [nodesThing(unready)] : []),
  ];
};

/** "Everything is well · 5 nodes, all ready · 23 sites · €32.80 per month". */
export const overviewAnswer = (metrics: Metrics, things: number): string => {
  const { nodes_total, nodes_not_ready, sites_total, monthly_cost_total, servers_still_billing } = metrics;
  const begun = nodes_total + servers_still_billing > 0;
  const well = nodes_not_ready === 0 ? "all ready" : `${nodes_total - nodes_not_ready} ready`;
  return [
    ...(begun && things === 0 && nodes_not_ready === 0 ? ["Everything is well"] : []),
    ...(things > 0 ? [`${countWord(things, "thing needs", "things need")} you`] : []),
    nodes_total === 0 ? "No nodes" : `${countWord(nodes_total, "node")}, ${well}`,
    countWord(sites_total, "site"),
    `${euroWord(monthly_cost_total)} per month`,
  ].join(" · ");
};

export interface Step {
  readonly title: string;
  readonly words: string;
  readonly link: { readonly href: string; readonly words: string };
  readonly state: "done" | "now" | "later";
}

/** The way to a first site; null once there is one. */
export const firstSteps = ({ metrics, providers }: Omit<Known, "jobs">): Step[] | null => {
  if (metrics === undefined || metrics.sites_total > 0) return null;
  const done = [
    providers.some(({ status }) => status === "connected"),
    metrics.nodes_total > metrics.nodes_not_ready,
    false,
  ];
  const now = done.indexOf(false);
  const stateOf = (at: number) => (done[at] ? "done" : at === now ? "now" : "later");
  return [
    {
      title: "Connect Hetzner",
      words: "A token with Read & Write of one of your projects. Pressluft says at once whether it works.",
      link: { href: "/providers", words: "Connect it" },
      state: stateOf(0),
    },
    {
      title: "Create a node",
      words: "A server at Hetzner, set up for WordPress. Its price is shown before you order it.",
      link: { href: "/nodes/new", words: "Create node" },
      state: stateOf(1),
    },
    {
      title: "Create a site",
      words: "WordPress on that node, with an address to look at it.",
      link: { href: "/sites/new", words: "Create site" },
      state: stateOf(2),
    },
  ];
};
