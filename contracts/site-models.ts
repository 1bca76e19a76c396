/** What the API sends and receives of sites, their environments and backups. */
import * as z from "zod";
import { id, time } from "./models.ts";

export const siteStatuses = ["active", "cloning", "deploying", "restoring", "failed"] as const;
export const environmentTypes = ["production", "staging", "clone"] as const;
export const promotionPresets = ["content-protect", "commerce-protect"] as const;
export const backupScopes = ["db", "files", "full"] as const;
export const backupStatuses = ["pending", "running", "completed", "failed", "expired"] as const;
/** How long a backup is kept; the bucket's lifecycle rule removes it then. */
export const RETENTION_DAYS = 30;
/** Where every `storage_path` begins. Nothing else is in the bucket, and nobody has rights on anything else there. */
export const BACKUP_FOLDER = "backups";

export const driftStatuses = ["unknown"] as const;

/** One label of the preview's host name. Two hyphens after two letters stand for another alphabet there (RFC 5890). */
export const slug = z
  .string()
  .max(40)
  .regex(
    /^(?![a-z0-9]{2}--)[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/,
    "must be 1 to 40 lower-case letters, digits and hyphens, begin with a letter and not end with a hyphen, nor have two hyphens in the third and fourth place",
  );

/** A title for people: any text of one line. */
export const displayName = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, "must be one line of text");

export const site = z
  .strictObject({
    id,
    name: z.string(),
    slug,
    status: z.enum(siteStatuses),
    node_id: id,
    primary_environment_id: id.nullable(),
    last_job_id: id,
    created_at: time,
    updated_at: time,
    state_version: z.int(),
  })
  .meta({ id: "Site" });
export type Site = z.infer<typeof site>;

export const environment = z
  .strictObject({
    id,
    site_id: id,
    name: z.string(),
    slug,
    environment_type: z.enum(environmentTypes),
    status: z.enum(siteStatuses),
    node_id: id,
    source_environment_id: id.nullable(),
    promotion_preset: z.enum(promotionPresets),
    preview_url: z.string(),
    primary_domain_id: id.nullable(),
    current_release_id: z.string().nullable(),
    wordpress_version: z.string().nullable(),
    drift_status: z.enum(driftStatuses),
    drift_checked_at: time.nullable(),
    last_drift_check_id: id.nullable(),
    fastcgi_cache_enabled: z.boolean(),
    redis_cache_enabled: z.boolean(),
    last_job_id: id,
    created_at: time,
    updated_at: time,
    state_version: z.int(),
  })
  .meta({ id: "Environment" });
export type Environment = z.infer<typeof environment>;

export const backup = z
  .strictObject({
    id,
    environment_id: id,
    backup_scope: z.enum(backupScopes),
    status: z.enum(backupStatuses),
    storage_type: z.literal("s3"),
    storage_path: z.string(),
    retention_until: time,
    checksum: z.string().nullable().describe("sha256 of the stored bytes, hexadecimal"),
    size_bytes: z.int().nullable(),
    last_drill: z
      .strictObject({ at: time, succeeded: z.boolean(), job_id: id })
      .nullable()
      .describe("The last restore drill of this backup; null: it was never restored"),
    job_id: id,
    created_at: time,
    completed_at: time.nullable(),
  })
  .meta({ id: "Backup" });
export type Backup = z.infer<typeof backup>;

export const createSiteRequest = z
  .strictObject({
    name: displayName,
    slug,
    node_id: id.optional().describe("Absent: the ready node with the fewest environments"),
    admin_email: z.email().max(100).optional().describe("Absent: the operator's"),
  })
  .meta({ id: "CreateSiteRequest" });
export type CreateSiteRequest = z.infer<typeof createSiteRequest>;

export const createEnvironmentRequest = z
  .strictObject({
    name: displayName,
    slug,
    type: z.enum(["staging", "clone"]),
    source_environment_id: id,
    promotion_preset: z.enum(promotionPresets),
  })
  .meta({ id: "CreateEnvironmentRequest" });
export type CreateEnvironmentRequest = z.infer<typeof createEnvironmentRequest>;

export const createBackupRequest = z
  .strictObject({ backup_scope: z.enum(backupScopes) })
  .meta({ id: "CreateBackupRequest" });

export const restoreRequest = z
  .strictObject({
    backup_id: id,
    safety_backup: z
      .boolean()
      .optional()
      .describe(
        "Absent: true. false: what is there is not backed up first, for an environment that can no longer be read; its release stays on the node until the next restore",
      ),
  })
  .meta({ id: "RestoreRequest" });

export const loginLink = z.strictObject({ login_url: z.url(), expires_at: time }).meta({ id: "LoginLink" });

export const resetAnswer = z
  .strictObject({ success: z.literal(true), status: z.enum(siteStatuses) })
  .meta({ id: "ResetAnswer" });
