/** How a site's job begins: pure, from what the API was asked to the records that are written together with the job. */
import { type CreateEnvironmentRequest, RETENTION_DAYS } from "../../../contracts/site-models.ts";
import { type BackupRecord, backupPathOf } from "../backup.ts";
import type { JobRecord } from "../job.ts";
import { isLost, type NodeRecord } from "../node.ts";
import { type EnvironmentRecord, previewUrlOf, type SiteRecord } from "../site.ts";
import { safetyBackupSteps } from "./env-restore.ts";
import type { PlannedJobType } from "./index.ts";
import { pendingStep } from "./moves.ts";
import { finalBackupSteps, forgetStep } from "./site-delete.ts";
import { newJob, noWork } from "./start.ts";

/** Everything that one request writes, in one transaction. What is null before is new. */
export interface SiteStart {
  readonly node: { readonly before: NodeRecord; readonly after: NodeRecord };
  readonly site: { readonly before: SiteRecord | null; readonly after: SiteRecord };
  readonly environments: readonly { readonly before: EnvironmentRecord | null; readonly after: EnvironmentRecord }[];
  readonly backup: BackupRecord | null;
  readonly job: JobRecord;
}

/** Who starts what, when and where. */
export interface Opening {
  readonly jobId: string;
  readonly installation: string;
  readonly node: NodeRecord;
  readonly nowMs: number;
}

/** A job on a site that is there. */
export interface SiteOpening extends Opening {
  readonly site: SiteRecord;
  readonly environment: EnvironmentRecord;
}

type SiteJobType = Exclude<PlannedJobType, "node_provision" | "node_delete">;
type About = Pick<JobRecord, "siteId" | "environmentId"> &
  Partial<Pick<JobRecord, "madeBackupId" | "restoredBackupId" | "statusesBefore">>;

/** It asks nothing of the provider: what the node has there is none of its business. */
const siteJob = (opening: Opening, jobType: SiteJobType, about: About): JobRecord => ({
  ...newJob({ ...opening, jobType }),
  work: noWork,
  ...about,
});

/** The node is taken by the job, with so many environments more. */
const takeNode = ({ node, jobId, nowMs }: Opening, more: number): SiteStart["node"] => ({
  before: node,
  after: { ...node, openJobId: jobId, environmentCount: node.environmentCount + more, updatedAtMs: nowMs },
});

const takeSite = ({ site, jobId, nowMs }: SiteOpening, change: Partial<SiteRecord> = {}): SiteStart["site"] => ({
  before: site,
  after: { ...site, ...change, openJobId: jobId, lastJobId: jobId, updatedAtMs: nowMs },
});

const takeEnvironment = (
  { jobId, nowMs }: Opening,
  before: EnvironmentRecord,
  status = before.status,
): SiteStart["environments"][number] => ({
  before,
  after: { ...before, status, lastJobId: jobId, updatedAtMs: nowMs },
});

const statusesOf = (environments: readonly EnvironmentRecord[]): JobRecord["statusesBefore"] =>
  Object.fromEntries(environments.map(({ id, status }) => [id, status]));

const DAY_MS = 24 * 3_600_000;

const newBackup = (
  { environment, jobId, nowMs }: SiteOpening,
  { id, scope }: Pick<BackupRecord, "id" | "scope">,
): BackupRecord => ({
  id,
  scope,
  siteId: environment.siteId,
  environmentId: environment.id,
  status: "pending",
  storagePath: backupPathOf(environment.id, id),
  retentionUntilMs: nowMs + RETENTION_DAYS * DAY_MS,
  checksum: null,
  sizeBytes: null,
  drill: null,
  jobId,
  createdAtMs: nowMs,
  completedAtMs: null,
});

export interface SiteOrder extends Opening {
  readonly siteId: string;
  readonly environmentId: string;
  readonly name: string;
  readonly slug: string;
  readonly adminEmail: string;
  readonly previewDomain: string;
}

/** @throws TypeError for a node without an address: such a node is not ready, and was refused before */
const ipv4Of = ({ id, publicIp }: NodeRecord): string => {
  if (publicIp === null) throw new TypeError(`node ${id} has no address`);
  return publicIp;
};

/** What every environment begins with. */
const newEnvironment = (
  { jobId, nowMs, node }: Opening,
  own: Pick<
    EnvironmentRecord,
    | "id"
    | "siteId"
    | "name"
    | "slug"
    | "environmentType"
    | "status"
    | "sourceEnvironmentId"
    | "promotionPreset"
    | "previewUrl"
  >,
): EnvironmentRecord => ({
  ...own,
  nodeId: node.id,
  release: null,
  wordpressVersion: null,
  removedAtMs: null,
  lastJobId: jobId,
  createdAtMs: nowMs,
  updatedAtMs: nowMs,
  stateVersion: 1,
});

const PRODUCTION = "production";

const newSite = ({ jobId, nowMs, node, ...order }: SiteOrder): SiteRecord => ({
  id: order.siteId,
  name: order.name,
  slug: order.slug,
  status: "deploying",
  nodeId: node.id,
  adminEmail: order.adminEmail,
  primaryEnvironmentId: order.environmentId,
  environmentIds: [order.environmentId],
  openJobId: jobId,
  lastJobId: jobId,
  createdAtMs: nowMs,
  updatedAtMs: nowMs,
  stateVersion: 1,
});

/** @throws TypeError when the node is not one that was found ready */
export const startSiteCreate = (order: SiteOrder): SiteStart => {
  const { siteId, environmentId, slug, previewDomain, node } = order;
  const environment = newEnvironment(order, {
    id: environmentId,
    siteId,
    name: "Production",
    slug: PRODUCTION,
    environmentType: "production",
    status: "deploying",
    sourceEnvironmentId: null,
    promotionPreset: "content-protect",
    previewUrl: previewUrlOf(previewDomain, { environment: PRODUCTION, site: slug, ipv4: ipv4Of(node) }),
  });
  return {
    node: takeNode(order, 1),
    site: { before: null, after: newSite(order) },
    environments: [{ before: null, after: environment }],
    backup: null,
    job: siteJob(order, "site_create", { siteId, environmentId }),
  };
};

/** `environment` is the one to clone. @throws TypeError when the node is not one that was found ready */
export const startEnvCreate = (
  opening: SiteOpening & { environmentId: string; previewDomain: string },
  request: Omit<CreateEnvironmentRequest, "source_environment_id">,
): SiteStart => {
  const { site, node, environmentId, previewDomain, environment: source } = opening;
  const made = newEnvironment(opening, {
    id: environmentId,
    siteId: site.id,
    name: request.name,
    slug: request.slug,
    environmentType: request.type,
    status: "cloning",
    sourceEnvironmentId: source.id,
    promotionPreset: request.promotion_preset,
    previewUrl: previewUrlOf(previewDomain, { environment: request.slug, site: site.slug, ipv4: ipv4Of(node) }),
  });
  return {
    node: takeNode(opening, 1),
    site: takeSite(opening, { status: "cloning", environmentIds: [...site.environmentIds, environmentId] }),
    environments: [{ before: null, after: made }],
    backup: null,
    job: siteJob(opening, "env_create", { siteId: site.id, environmentId }),
  };
};

export const startEnvDelete = (opening: SiteOpening): SiteStart => {
  const { site, environment } = opening;
  return {
    node: takeNode(opening, 0),
    site: takeSite(opening, { status: "deploying" }),
    environments: [takeEnvironment(opening, environment, "deploying")],
    backup: null,
    job: siteJob(opening, "env_delete", {
      siteId: site.id,
      environmentId: environment.id,
      statusesBefore: statusesOf([environment]),
    }),
  };
};

/**
 * `environment` is the primary one, which may be removed already. `backupId`: of the final backup; null for none. Nothing is
 * backed up of an environment that never was in service. Without one, what is on a lost node is forgotten.
 */
export const startSiteDelete = (
  opening: SiteOpening & { others: readonly EnvironmentRecord[]; backupId: string | null },
): SiteStart => {
  const { site, environment, others, backupId } = opening;
  const present = [environment, ...others].filter(({ removedAtMs }) => removedAtMs === null);
  const wasInService = environment.release !== null || environment.status === "active";
  const hasContent = environment.removedAtMs === null && wasInService;
  const backup = backupId === null || !hasContent ? null : newBackup(opening, { id: backupId, scope: "full" });
  const job = siteJob(opening, "site_delete", {
    siteId: site.id,
    environmentId: environment.id,
    madeBackupId: backup?.id ?? null,
    statusesBefore: statusesOf(present),
  });
  const steps = backup ? job.steps : job.steps.filter(({ name }) => !finalBackupSteps.includes(name));
  const isForgotten = backupId === null && isLost(opening.node);
  return {
    node: takeNode(opening, 0),
    site: takeSite(opening, { status: "deploying" }),
    environments: present.map((one) => takeEnvironment(opening, one, "deploying")),
    backup,
    job: { ...job, steps: isForgotten ? [pendingStep(forgetStep)] : steps },
  };
};

/** The environment stays in service. */
export const startBackup = (opening: SiteOpening, made: Pick<BackupRecord, "id" | "scope">): SiteStart => {
  const { site, environment } = opening;
  return {
    node: takeNode(opening, 0),
    site: takeSite(opening),
    environments: [takeEnvironment(opening, environment)],
    backup: newBackup(opening, made),
    job: siteJob(opening, "backup_create", {
      siteId: site.id,
      environmentId: environment.id,
      madeBackupId: made.id,
    }),
  };
};

/** With a full backup of what is there, before anything is changed. `safetyId`: of that backup; null for none. */
export const startRestore = (
  opening: SiteOpening,
  { safetyId, restored }: { safetyId: string | null; restored: BackupRecord },
): SiteStart => {
  const { site, environment } = opening;
  const job = siteJob(opening, "env_restore", {
    siteId: site.id,
    environmentId: environment.id,
    madeBackupId: safetyId,
    restoredBackupId: restored.id,
    statusesBefore: statusesOf([environment]),
  });
  const steps = safetyId === null ? job.steps.filter(({ name }) => !safetyBackupSteps.includes(name)) : job.steps;
  return {
    node: takeNode(opening, 0),
    site: takeSite(opening, { status: "restoring" }),
    environments: [takeEnvironment(opening, environment, "restoring")],
    backup: safetyId === null ? null : newBackup(opening, { id: safetyId, scope: "full" }),
    job: { ...job, steps },
  };
};

/** The environment stays in service. */
export const startDrill = (opening: SiteOpening, tried: BackupRecord): SiteStart => {
  const { site, environment } = opening;
  return {
    node: takeNode(opening, 0),
    site: takeSite(opening),
    environments: [takeEnvironment(opening, environment)],
    backup: null,
    job: siteJob(opening, "restore_drill", {
      siteId: site.id,
      environmentId: environment.id,
      restoredBackupId: tried.id,
    }),
  };
};
