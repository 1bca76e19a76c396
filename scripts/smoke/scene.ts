/** What both smokes stand on: a caller, a connected provider, a ready node, a site of this run, and its removal. */
import * as z from "zod";
import * as answers from "./answers.ts";
import { type Api, type ApiInput, logIn, makeApi } from "./api.ts";
import { decidePause } from "./budget.ts";
import type { Clock } from "./clock.ts";
import { SmokeFailed } from "./failure.ts";
import { type Line, runJob } from "./jobs.ts";
import type { Budgets, Settings, Target } from "./settings.ts";
import type { Steps } from "./steps.ts";
import { newMarker } from "./wordpress.ts";

/** What this run puts into the world: named so that a person knows what is left of it. */
export interface Names {
  /** Slug of the site and name of the node, if one is made. */
  readonly name: string;
  /** Part of the site's title. */
  readonly titleMarker: string;
  /** Title of a post. */
  readonly postMarker: string;
}

export interface Scene extends Line {
  readonly steps: Steps;
  readonly names: Names;
  readonly budgets: Budgets;
  readonly nodeChoice: Settings["nodeChoice"];
  hide(secret: string): void;
}

export const newNames = (): Names => {
  const titleMarker = newMarker();
  return { name: `smoke-${titleMarker.slice(-8)}`, titleMarker, postMarker: newMarker() };
};

export interface OpenInput {
  readonly target: Target;
  readonly budgets: Budgets;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  hide(secret: string): void;
}

/** Who calls, as headers: a new session, or the given token. */
export const identify = async (input: OpenInput): Promise<Readonly<Record<string, string>>> => {
  const { credentials, providerToken } = input.target;
  if (providerToken !== null) input.hide(providerToken);
  if (credentials.kind === "token") {
    input.hide(credentials.token);
    return { authorization: `Bearer ${credentials.token}` };
  }
  input.hide(credentials.password);
  const { email, password } = credentials;
  const cookie = await logIn(apiInput(input, {}), { email, password });
  input.hide(cookie.slice(cookie.indexOf("=") + 1));
  return { cookie };
};

const apiInput = (input: OpenInput, headers: Readonly<Record<string, string>>): ApiInput => ({
  baseUrl: input.target.baseUrl,
  headers,
  budgetSeconds: input.budgets.request,
  clock: input.clock,
  signal: input.signal,
});

export const openApi = (input: OpenInput, headers: Readonly<Record<string, string>>): Api =>
  makeApi(apiInput(input, headers));

/** Connects the given token; without one the provider must be connected and pass a live check. */
export const connectProvider = async ({ api }: Line, token: string | null): Promise<void> => {
  const found =
    token === null
      ? await api.call("checkProvider", answers.provider, { of: "hetzner" })
      : await api.call("connectProvider", answers.provider, { body: { provider_id: "hetzner", api_token: token } });
  if (found.status === "connected") return;
  const why = `the provider is ${found.status} (${found.status_reason ?? "no reason given"}): ${found.last_status_message}`;
  throw new SmokeFailed(why, { guidance: found.guidance });
};

// --- Node ---

/** Ready nodes that no job works on, in their order. */
export const chooseNodes = (
  nodes: readonly answers.NodeAnswer[],
  jobs: readonly answers.JobAnswer[],
): readonly answers.NodeAnswer[] => {
  const busy = new Set(jobs.flatMap((job) => (job.finished_at === null && job.node_id !== null ? [job.node_id] : [])));
  return nodes.filter(({ id, status, readiness }) => status === "active" && readiness.is_ready && !busy.has(id));
};

/** Nodes that are asked live before a new one is made. */
const CANDIDATES_MAX = 3;
const firstPage = { limit: "100" };

/** A node that says live that it is ready; undefined when there is none. */
export const findNode = async ({ api }: Line): Promise<string | undefined> => {
  const nodes = await api.call("listNodes", z.array(answers.node), { query: firstPage });
  const jobs = await api.call("listJobs", z.array(answers.job), { query: firstPage });
  for (const { id } of chooseNodes(nodes, jobs).slice(0, CANDIDATES_MAX)) {
    const node = await api.call("checkNode", answers.node, { of: id });
    if (node.readiness.is_ready) return node.id;
  }
  return undefined;
};

/** Makes a node and waits until it says live that it is ready. */
export const makeNode = async (scene: Scene): Promise<string> => {
  const { names, budgets, nodeChoice } = scene;
  const body = { provider_id: "hetzner", name: names.name, ...nodeChoice };
  const job = await runJob(scene, { id: "createNode", body, key: `${names.name}-node`, budgetSeconds: budgets.node });
  const nodeId = assertId(job.node_id, "the job names no node");
  await untilReady(scene, nodeId);
  return nodeId;
};

const untilReady = async ({ api, clock, signal, budgets }: Scene, nodeId: string): Promise<void> => {
  const endMs = clock.nowMs() + budgets.preview * 1_000;
  for (let look = 0; ; look += 1) {
    const { readiness } = await api.call("checkNode", answers.node, { of: nodeId });
    if (readiness.is_ready) return;
    const pauseMs = decidePause({ look, retryAfterMs: null, leftMs: endMs - clock.nowMs() });
    if (pauseMs === null) {
      const { reason_codes, guidance } = readiness;
      throw new SmokeFailed(`the new node is not ready: ${reason_codes.join(", ")}`, { guidance });
    }
    await clock.pause(pauseMs, signal);
  }
};

export const assertId = (id: string | null | undefined, otherwise: string): string => {
  if (id === null || id === undefined) throw new SmokeFailed(otherwise);
  return id;
};

// --- Site ---

/** Makes the site of this run and answers its first environment. */
export const makeSite = async (scene: Scene, nodeId: string) => {
  const { api, names, budgets } = scene;
  const body = { name: `Smoke ${names.titleMarker}`, slug: names.name, node_id: nodeId };
  const job = await runJob(scene, { id: "createSite", body, key: `${names.name}-site`, budgetSeconds: budgets.job });
  const siteId = assertId(job.site_id, "the job names no site");
  const site = await api.call("getSite", answers.site, { of: siteId });
  const environmentId = assertId(site.primary_environment_id, "the site has no primary environment");
  return { siteId, environment: await getActive(scene, environmentId) };
};

/** The environment, which must be active. */
export const getActive = async ({ api }: Line, id: string): Promise<answers.EnvironmentAnswer> => {
  const environment = await api.call("getEnvironment", answers.environment, { of: id });
  if (environment.status === "active") return environment;
  throw new SmokeFailed(`the environment is ${environment.status} after its job succeeded`);
};

// --- Removal ---

/** `hurried`: jobs of this run that are in the way are cancelled. Those of others are never touched. */
export type Pace = "patient" | "hurried";

/** Removes the site of this run; false: there is none. */
export const removeSite = async (scene: Scene, pace: Pace): Promise<boolean> => {
  const sites = await scene.api.call("listSites", z.array(answers.site), { query: firstPage });
  const mine = sites.find(({ slug }) => slug === scene.names.name);
  if (mine === undefined) return false;
  const work = { id: "deleteSite", of: mine.id, query: { final_backup: "false" } } as const;
  const mayCancel = (job: answers.JobAnswer) => pace === "hurried" && job.site_id === mine.id;
  await runJob(scene, { ...work, budgetSeconds: scene.budgets.job, mayCancel });
  return true;
};

/** Removes the node of this run; false: it made none. */
export const removeNode = async (scene: Scene, pace: Pace): Promise<boolean> => {
  const nodes = await scene.api.call("listNodes", z.array(answers.node), { query: firstPage });
  const mine = nodes.find(({ name }) => name === scene.names.name);
  if (mine === undefined) return false;
  const mayCancel = (job: answers.JobAnswer) => pace === "hurried" && job.node_id === mine.id;
  await runJob(scene, { id: "deleteNode", of: mine.id, budgetSeconds: scene.budgets.node, mayCancel });
  return true;
};
