/** A project in which every page has something to show: made by the API, with the provider's and the playbooks' own faults. */
import { inject } from "vitest";
import type { Job } from "../../contracts/models.ts";
import { call, ended, getJob, until } from "../e2e/client.ts";
import { getSite, start } from "../e2e/site-client.ts";
import { startConnected } from "./ground.ts";

export interface Furniture {
  readonly nodeId: string;
  readonly siteId: string;
  readonly failedJobId: string;
  /** Waits for its machine, until the test cancels it. */
  readonly runningJobId: string;
  /** A node whose server is still billed, because somebody protected it. */
  readonly billedNodeId: string;
}

const done = async (asked: Promise<string>): Promise<Job> => {
  const job = await ended(await asked, 60);
  if (job.status !== "succeeded") throw new Error(`${job.job_type}: ${job.error_message}`);
  return job;
};

/** Under its plain name, for pictures. */
const order = (name: string): Promise<string> => start("POST", "/api/nodes", { provider_id: "hetzner", name });

/** Answers the node's id. */
const makeNode = async (name: string): Promise<string> => (await done(order(name))).node_id ?? "";

async function makeSite(): Promise<string> {
  const jobId = await start("POST", "/api/sites", { name: "Müller & Söhne", slug: "mueller" });
  await done(Promise.resolve(jobId));
  const { site_id: siteId } = await getJob(jobId);
  const { id, primary_environment_id: source } = await getSite(siteId);
  await done(start("POST", `/api/environments/${source}/backups`, { backup_scope: "full" }));
  const wish = { name: "Staging", slug: "staging", type: "staging", promotion_preset: "content-protect" };
  await done(start("POST", `/api/sites/${id}/environments`, { ...wish, source_environment_id: source }));
  return id;
}

async function makeBilled(): Promise<string> {
  const nodeId = await makeNode("old-fault-protected");
  await ended(await start("DELETE", `/api/nodes/${nodeId}`), 60);
  return nodeId;
}

/** Answers the job's id. */
async function makeFailed(): Promise<string> {
  const { id, status, error_code } = await ended(await order("sold-fault-sold-out"), 60);
  if (error_code !== "PROVIDER_ACQUISITION_FAILED")
    throw new Error(`the job that was to fail: ${status}, ${error_code}`);
  return id;
}

/** Empty rooms first, about half a minute. Once a cloud: a name makes Hetzner fail the first time only. */
export async function furnish(): Promise<Furniture | undefined> {
  if (inject("chromium").missing !== null) return undefined;
  await startConnected();
  await call("POST", "/api/tokens", { name: "Nightly smoke", expires_in_days: 30 });
  const nodeId = await makeNode("shop-1");
  const [siteId, billedNodeId, failedJobId, runningJobId] = await Promise.all([
    makeSite(),
    makeBilled(),
    makeFailed(),
    order("late-cloud-init-never"),
  ]);
  await until(30, async () => (await getJob(runningJobId)).status === "running");
  return { nodeId, siteId, failedJobId, runningJobId, billedNodeId };
}
