/** A site and its environments: their records, and how the API shows them. */
import * as z from "zod";
import {
  type Environment,
  environmentTypes,
  promotionPresets,
  type Site,
  siteStatuses,
} from "../../contracts/site-models.ts";
import { toIso } from "./node.ts";

const timeMs = z.number().int();

export const siteRecord = z.object({
  id: z.string(),
  name: z.string(),
  slug: z.string(),
  status: z.enum(siteStatuses),
  /** Where all its environments are. */
  nodeId: z.string(),
  adminEmail: z.string(),
  /** The environment that it was made with; no longer shown once that is removed. */
  primaryEnvironmentId: z.string(),
  /** All its environments that are, or may be, on the node; the primary one too. */
  environmentIds: z.array(z.string()),
  /** The one job that may change this site now. */
  openJobId: z.string().nullable(),
  lastJobId: z.string(),
  createdAtMs: timeMs,
  updatedAtMs: timeMs,
  stateVersion: z.number().int(),
});
export type SiteRecord = z.infer<typeof siteRecord>;

export const environmentRecord = z.object({
  id: z.string(),
  siteId: z.string(),
  name: z.string(),
  slug: z.string(),
  environmentType: z.enum(environmentTypes),
  status: z.enum(siteStatuses),
  nodeId: z.string(),
  sourceEnvironmentId: z.string().nullable(),
  promotionPreset: z.enum(promotionPresets),
  previewUrl: z.string(),
  /** The live copy of files and database on the node; null until there was one. */
  release: z.string().nullable(),
  wordpressVersion: z.string().nullable(),
  /** Removed from its node: no longer shown, but its backups are. */
  removedAtMs: timeMs.nullable(),
  lastJobId: z.string(),
  createdAtMs: timeMs,
  updatedAtMs: timeMs,
  stateVersion: z.number().int(),
});
export type EnvironmentRecord = z.infer<typeof environmentRecord>;

/** Between jobs an environment is one of these; any other status says what a job is doing. */
export const isResting = (status: EnvironmentRecord["status"]): status is "active" | "failed" =>
  status === "active" || status === "failed";

/** A site fails with its primary environment; what ails another one shows there alone. */
export const siteStatusOf = (
  { primaryEnvironmentId }: SiteRecord,
  environments: readonly EnvironmentRecord[],
): "active" | "failed" =>
  environments.some(({ id, status, removedAtMs }) => {
    const isThere = id === primaryEnvironmentId && removedAtMs === null;
    return isThere && status === "failed";
  })
    ? "failed"
    : "active";

/** The name on the node of an environment's user, pool, folder and database user: made of its id, never of what a person typed. */
export const systemUserOf = (environmentId: string): string => `pl_${environmentId.replaceAll("-", "").slice(-12)}`;

/** The name of the release that a job makes; the same at each attempt. */
export const releaseOf = (jobId: string): string => jobId.replaceAll("-", "").slice(-8);

/**
 * Where an environment is looked at: `<environment>.<site>.<preview domain>`. In the domain `{ip}` stands for the node's
 * address with hyphens (`{ip}.sslip.io` needs no DNS of one's own); a port may follow. No slash at the end.
 */
export const previewUrlOf = (domain: string, at: { environment: string; site: string; ipv4: string }): string =>
  `http://${at.environment}.${at.site}.${domain.replaceAll("{ip}", at.ipv4.replaceAll(".", "-"))}`;

export const presentSite = (site: SiteRecord): Site => ({
  id: site.id,
  name: site.name,
  slug: site.slug,
  status: site.status,
  node_id: site.nodeId,
  primary_environment_id: site.environmentIds.includes(site.primaryEnvironmentId) ? site.primaryEnvironmentId : null,
  last_job_id: site.lastJobId,
  created_at: toIso(site.createdAtMs),
  updated_at: toIso(site.updatedAtMs),
  state_version: site.stateVersion,
});

export const presentEnvironment = (environment: EnvironmentRecord): Environment => ({
  id: environment.id,
  site_id: environment.siteId,
  name: environment.name,
  slug: environment.slug,
  environment_type: environment.environmentType,
  status: environment.status,
  node_id: environment.nodeId,
  source_environment_id: environment.sourceEnvironmentId,
  promotion_preset: environment.promotionPreset,
  preview_url: environment.previewUrl,
  primary_domain_id: null,
  current_release_id: environment.release,
  wordpress_version: environment.wordpressVersion,
  drift_status: "unknown",
  drift_checked_at: null,
  last_drift_check_id: null,
  fastcgi_cache_enabled: false,
  redis_cache_enabled: false,
  last_job_id: environment.lastJobId,
  created_at: toIso(environment.createdAtMs),
  updated_at: toIso(environment.updatedAtMs),
  state_version: environment.stateVersion,
});
