/** What the fake deployment answers to each operation that a smoke uses. */
import * as z from "zod";
import type { Job } from "../../../contracts/models.ts";
import {
  createEnvironmentRequest,
  createSiteRequest,
  restoreRequest,
  type Site,
} from "../../../contracts/site-models.ts";
import { type Call, ok, type Reply, refuse } from "./fake-answers.ts";
import { notReady, plainSite, ready, when } from "./fake-records.ts";
import { copyContent } from "./fake-wordpress.ts";
import * as w from "./fake-world.ts";

export const session = "a-session-that-nobody-sees";

/** @throws Error for an operation that no smoke uses */
export const answerOperation = (world: w.World, call: Call): Reply => {
  const answer = answers[call.id];
  if (answer === undefined) throw new Error(`the fake has no ${call.id}`);
  return answer(world, call);
};

type Answer = (world: w.World, call: Call) => Reply;

const createNode: Answer = (world, { body }) => {
  const { name } = z.object({ name: z.string() }).parse(body);
  const { id } = w.addNode(world, { name, status: "provisioning", readiness: notReady });
  const isReady = () => w.change(world.nodes, id, { status: "active", readiness: ready });
  return w.startJob(world, { job_type: "node_provision", node_id: id }, isReady);
};

const createSite: Answer = (world, { body }) => {
  const { name, slug, node_id = "" } = createSiteRequest.parse(body);
  const site: Site = { ...plainSite, id: w.newId(), name, slug, node_id, last_job_id: w.newId() };
  const reply = w.startJob(world, { job_type: "site_create", node_id, site_id: site.id }, () => {
    const { id } = w.addEnvironment(world, site, {}, { title: name, posts: [], files: [] });
    w.change(world.siteList, site.id, { status: "active", primary_environment_id: id });
  });
  if (reply.status === 202) world.siteList.unshift(site);
  return reply;
};

const deleteSite: Answer = (world, { of }) => {
  const site = world.siteList.find(({ id }) => id === of);
  if (site === undefined) return refuse("not_found");
  return w.startJob(world, { job_type: "site_delete", node_id: site.node_id, site_id: of }, () => {
    const environments = world.environments.filter(({ site_id }) => site_id === of);
    for (const each of environments) w.removeEnvironment(world, each);
    w.drop(world.siteList, of);
  });
};

const createEnvironment: Answer = (world, { of, body }) => {
  const { name, slug, type, source_environment_id } = createEnvironmentRequest.parse(body);
  const source = w.wordpressOf(world, source_environment_id);
  const site = world.siteList.find(({ id }) => id === of);
  if (site === undefined) return refuse("not_found");
  const content = copyContent(source.content, source.origin, `http://${w.hostOf(world, slug, site.slug)}`);
  const by = { name, slug, environment_type: type, source_environment_id };
  const { id } = w.addEnvironment(world, site, by, content);
  return w.startJob(world, { job_type: "env_create", site_id: of, node_id: site.node_id, environment_id: id });
};

const startOn = (world: w.World, job_type: Job["job_type"], id: string, effect: (jobId: string) => void): Reply => {
  const { site_id, node_id } = w.environmentOf(world, id);
  return w.startJob(world, { job_type, site_id, node_id, environment_id: id }, effect);
};

const restoreEnvironment: Answer = (world, { of, body }) => {
  const { backup_id } = restoreRequest.parse(body);
  return startOn(world, "env_restore", of, (jobId) => {
    w.addBackup(world, of, jobId);
    const content = world.kept.get(backup_id);
    if (content !== undefined) w.wordpressOf(world, of).content = copyContent(content, "", "");
  });
};

const answers: Partial<Record<Call["id"], Answer>> = {
  login: () => ({ ...ok({ success: true }), headers: { "set-cookie": `session_token=${session}; HttpOnly` } }),
  logout: (world) => {
    world.isLoggedOut = true;
    return ok({ success: true });
  },
  connectProvider: ({ provider }) => ok(provider),
  checkProvider: ({ provider }) => ok(provider),
  listNodes: ({ nodes }) => ok(nodes),
  checkNode: ({ nodes }, { of }) => w.showOne(nodes, of),
  createNode,
  deleteNode: (world, { of }) =>
    w.startJob(world, { job_type: "node_delete", node_id: of }, () => w.drop(world.nodes, of)),
  listJobs: ({ jobs }) => ok(jobs),
  getJob: (world, { of }) => w.lookAtJob(world, of),
  cancelJob: ({ jobs }, { of }) => {
    w.change(jobs, of, { status: "cancelled", finished_at: when });
    return ok({ success: true, status: "cancelled" });
  },
  listSites: ({ siteList }) => ok(siteList),
  getSite: ({ siteList }, { of }) => w.showOne(siteList, of),
  createSite,
  deleteSite,
  getEnvironment: ({ environments }, { of }) => w.showOne(environments, of),
  createEnvironment,
  deleteEnvironment: (world, { of }) =>
    startOn(world, "env_delete", of, () => w.removeEnvironment(world, w.environmentOf(world, of))),
  loginEnvironment: (world, { of }) => ok({ login_url: w.wordpressOf(world, of).makeLogin(), expires_at: when }),
  listBackups: ({ backups }, { of }) => ok(backups.filter(({ environment_id }) => environment_id === of)),
  createBackup: (world, { of }) => startOn(world, "backup_create", of, (jobId) => w.addBackup(world, of, jobId)),
  restoreEnvironment,
};
