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

/** Undefined: it was not answered yet. */
interface Known {
  readonly metrics: Metrics | undefined;
  readonly providers: readonly ProviderConnection[] | undefined;
  readonly jobs: readonly Job[] | undefined;
}

const moneyThing = (count: number, deletions: readonly Job[]): Thing => ({
  tone: "bad",
  title: `${countWord(count, "server is", "servers are")} still billed although ${count === 1 ? "it" : "they"} should be gone.`,
  guidance: [
    "Pressluft tries again every hour. The node says what stops it.",
    ...new Set(deletions.flatMap(({ guidance }) => guidance)),
  ],
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

/** A node whose server is still billed is not ready either: it is told of with the money. */
const unreadyOf = ({ nodes_not_ready, servers_still_billing }: Metrics, jobs: readonly Job[]): number =>
  Math.max(0, nodes_not_ready - servers_still_billing - jobs.filter(isNodeAtWork).length);

const thingsOf = ({ metrics, providers = [], jobs = [] }: Known, deletions: readonly Job[]): Thing[] => {
  const owed = metrics?.servers_still_billing ?? 0;
  const unready = metrics === undefined ? 0 : unreadyOf(metrics, jobs);
  const isUsed = (metrics?.nodes_total ?? 0) > 0;
  const unwell = providers.filter(({ status }) => status === "degraded" || (status === "disconnected" && isUsed));
  return [
    ...(owed > 0 ? [moneyThing(owed, deletions)] : []),
    ...unwell.map(providerThing),
    ...(unready > 0 ? [nodesThing(unready)] : []),
  ];
};

export interface Needs {
  /** Money first. */
  readonly things: readonly Thing[];
  /** Jobs that failed within the last day and are told of by no thing: together one more. */
  readonly failures: readonly Job[];
  readonly count: number;
}

/** What needs somebody, each trouble once: a deletion that failed is told of with the server that it left. */
export const needsOf = (known: Known, nowMs: number): Needs => {
  const late = lateFailures(known.jobs ?? [], nowMs);
  const isOwed = (known.metrics?.servers_still_billing ?? 0) > 0;
  const isToldWithMoney = ({ job_type }: Job) => isOwed && job_type === "node_delete";
  const failures = late.filter((job) => !isToldWithMoney(job));
  const things = thingsOf(known, late.filter(isToldWithMoney));
  return { things, failures, count: things.length + (failures.length > 0 ? 1 : 0) };
};

const needsWord = (count: number, isAllKnown: boolean): string => {
  const said = countWord(count, "thing needs", "things need");
  return isAllKnown ? `${said} you` : `At least ${said} you`;
};

/** "Everything is well · 5 nodes, all ready · 23 sites · €32.80 per month". `isAllKnown`: every answer came, the last time, too. */
export const overviewAnswer = (metrics: Metrics, count: number, isAllKnown: boolean): string => {
  const { nodes_total, nodes_not_ready, sites_total, monthly_cost_total, servers_still_billing } = metrics;
  const begun = nodes_total + servers_still_billing > 0;
  const well = nodes_not_ready === 0 ? "all ready" : `${nodes_total - nodes_not_ready} ready`;
  return [
    ...(isAllKnown && begun && count === 0 && nodes_not_ready === 0 ? ["Everything is well"] : []),
    ...(count > 0 ? [needsWord(count, isAllKnown)] : []),
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

const order: Pick<Step, "words" | "link"> = {
  words: "A server at Hetzner, set up for WordPress. Its price is shown before you order it.",
  link: { href: "/nodes/new", words: "Create node" },
};

/** Once one is ordered nothing on the way leads to a second one. */
const nodeStep = (metrics: Metrics, jobs: readonly Job[]): Pick<Step, "words" | "link"> => {
  const making = jobs.find(({ job_type, status }) => job_type === "node_provision" && !isOver(status));
  if (making !== undefined)
    return { words: "It is being made.", link: { href: `/jobs/${making.id}`, words: "Watch it" } };
  return metrics.nodes_total === 0
    ? order
    : { words: "There is one, and it is not ready yet.", link: { href: "/nodes", words: "See why" } };
};

/** The way to a first site; null once there is one, and until all is known that the way depends on. */
export const firstSteps = ({ metrics, providers, jobs }: Known): Step[] | null => {
  if (metrics === undefined || providers === undefined || jobs === undefined || metrics.sites_total > 0) return null;
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
    { title: "Create a node", ...nodeStep(metrics, jobs), state: stateOf(1) },
    {
      title: "Create a site",
      words: "WordPress on that node, with an address to look at it.",
      link: { href: "/sites/new", words: "Create site" },
      state: stateOf(2),
    },
  ];
};
