/** What the fake deployment knows: nodes, sites, environments, backups, and jobs that end after a few looks. */
import type { Job, Node, ProviderConnection } from "../../../contracts/models.ts";
import type { Backup, Environment, Site } from "../../../contracts/site-models.ts";
import { ok, type Reply, refuse } from "./fake-answers.ts";
import { connection, plainBackup, plainEnvironment, plainJob, plainNode, when } from "./fake-records.ts";
import { type Content, copyContent, type FakeWordpress, makeWordpress } from "./fake-wordpress.ts";

export type Ending = (jobType: Job["job_type"]) => Partial<Job> | undefined;

/** What a job's success changes; it is told the job's id. */
type Effect = (jobId: string) => void;

/** Looks at a job before it ends. */
const LOOKS = 2;

export interface World {
  readonly port: number;
  readonly ending: Ending;
  provider: ProviderConnection;
  readonly nodes: Node[];
  readonly siteList: Site[];
  readonly environments: Environment[];
  readonly backups: Backup[];
  readonly jobs: Job[];
  /** Sites by their host with its port. */
  readonly sites: Map<string, FakeWordpress>;
  /** Content of backups. */
  readonly kept: Map<string, Content>;
  readonly running: Map<string, { left: number; readonly effect: Effect }>;
  isLoggedOut: boolean;
}

export const makeWorld = (port: number, ending: Ending): World => ({
  port,
  ending,
  provider: connection,
  nodes: [],
  siteList: [],
  environments: [],
  backups: [],
  jobs: [],
  sites: new Map(),
  kept: new Map(),
  running: new Map(),
  isLoggedOut: false,
});

let counter = 0;
export const newId = (): string => {
  counter += 1;
  return `0197a3c0-0000-7000-8000-${counter.toString(16).padStart(12, "0")}`;
};

// --- Lists ---

export const change = <T extends { id: string }>(list: T[], id: string, by: Partial<T>): void => {
  const at = list.findIndex((one) => one.id === id);
  const old = list[at];
  if (old !== undefined) list[at] = { ...old, ...by };
};

export const drop = <T extends { id: string }>(list: T[], id: string): void => {
  const at = list.findIndex((one) => one.id === id);
  if (at >= 0) list.splice(at, 1);
};

export const showOne = <T extends { id: string }>(list: readonly T[], id: string): Reply => {
  const found = list.find((each) => each.id === id);
  return found === undefined ? refuse("not_found") : ok(found);
};

// --- Jobs ---

export const addJob = (world: World, about: Pick<Job, "job_type"> & Partial<Job>, effect: Effect = () => {}): Job => {
  const job = { ...plainJob, id: newId(), ...about };
  world.jobs.unshift(job);
  world.running.set(job.id, { left: LOOKS, effect });
  return job;
};

/** One job a node and one a site, as the contract has it. */
export const startJob = (world: World, about: Pick<Job, "job_type"> & Partial<Job>, effect?: Effect): Reply => {
  const isSame = ({ node_id, site_id }: Job) =>
    (node_id !== null && node_id === about.node_id) || (site_id !== null && site_id === about.site_id);
  const busy = world.jobs.find((job) => job.finished_at === null && isSame(job));
  if (busy !== undefined) return refuse("conflict", { details: { job_id: busy.id } });
  return { status: 202, body: { job_id: addJob(world, about, effect).id } };
};

/** Shows a job; the last of a few looks ends it. */
export const lookAtJob = (world: World, id: string): Reply => {
  const job = world.jobs.find((each) => each.id === id);
  const run = world.running.get(id);
  if (job?.finished_at === null && run !== undefined && run.left === 0) {
    const bad = world.ending(job.job_type);
    change(world.jobs, id, { status: "succeeded", finished_at: when, progress: 100, ...bad });
    if (bad === undefined) run.effect(id);
  }
  if (run !== undefined) run.left -= 1;
  return showOne(world.jobs, id);
};

// --- What jobs are about ---

export const addNode = (world: World, by: Partial<Node> = {}): Node => {
  const node = { ...plainNode, id: newId(), last_job_id: newId(), ...by };
  world.nodes.unshift(node);
  return node;
};

export const hostOf = ({ port }: World, environment: string, site: string): string =>
  `${environment}.${site}.198-18-0-7.localhost:${port}`;

export const addEnvironment = (world: World, site: Site, by: Partial<Environment>, content: Content): Environment => {
  const at = hostOf(world, by.slug ?? plainEnvironment.slug, site.slug);
  const owner = { site_id: site.id, node_id: site.node_id, last_job_id: newId() };
  const made = { ...plainEnvironment, ...owner, id: newId(), preview_url: `http://${at}`, ...by };
  world.environments.push(made);
  const isIndexed = made.environment_type === "production";
  world.sites.set(at, makeWordpress({ origin: made.preview_url, content, isIndexed }));
  return made;
};

export const removeEnvironment = (world: World, { id, preview_url }: Environment): void => {
  drop(world.environments, id);
  world.sites.delete(new URL(preview_url).host);
};

/** @throws Error for an id that does not exist: the test's own fault */
export const environmentOf = ({ environments }: World, id: string): Environment => {
  const found = environments.find((each) => each.id === id);
  if (found === undefined) throw new Error(`the fake has no environment ${id}`);
  return found;
};

export const wordpressOf = (world: World, environmentId: string): FakeWordpress => {
  const found = world.sites.get(new URL(environmentOf(world, environmentId).preview_url).host);
  if (found === undefined) throw new Error(`the fake has no site of ${environmentId}`);
  return found;
};

export const addBackup = (world: World, environmentId: string, jobId: string): void => {
  const made = { ...plainBackup, id: newId(), environment_id: environmentId, job_id: jobId };
  world.kept.set(made.id, copyContent(wordpressOf(world, environmentId).content, "", ""));
  world.backups.unshift(made);
};
