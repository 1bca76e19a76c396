/** A backup: one object in the bucket and what is known of it. */
import * as z from "zod";
import { BACKUP_FOLDER, type Backup, backupScopes, backupStatuses } from "../../contracts/site-models.ts";
import { toIso, toIsoOrNull } from "./node.ts";

const timeMs = z.number().int();

export const backupRecord = z.object({
  id: z.string(),
  siteId: z.string(),
  environmentId: z.string(),
  scope: z.enum(backupScopes),
  /** `expired` is never stored: it is what a completed backup becomes when its time is over. */
  status: z.enum(backupStatuses).exclude(["expired"]),
  /** Key of the object in the bucket. */
  storagePath: z.string(),
  retentionUntilMs: timeMs,
  /** sha256 of the stored bytes, hexadecimal. */
  checksum: z.string().nullable(),
  sizeBytes: z.number().int().nullable(),
  drill: z.object({ atMs: timeMs, succeeded: z.boolean(), jobId: z.string() }).nullable(),
  jobId: z.string(),
  createdAtMs: timeMs,
  completedAtMs: timeMs.nullable(),
});
export type BackupRecord = z.infer<typeof backupRecord>;

/** Size of every part but the last; design value. The node holds one part in memory. */
export const PART_SIZE_BYTES = 64 * 2 ** 20;
/** S3's bound of a multipart upload: backups of up to 625 GiB. */
export const PARTS_MAX = 10_000;
/** Most part addresses that are signed at a time; design value. */
export const ADDRESSES_MAX = 20;

/** Key of a backup's object: written once, by one job. */
export const backupPathOf = (environmentId: string, backupId: string): string =>
  `${BACKUP_FOLDER}/${environmentId}/${backupId}.tar.zst`;

export const isExpired = (backup: BackupRecord, nowMs: number): boolean => nowMs >= backup.retentionUntilMs;

/** Can this be restored now? It is completed, kept, and what was stored is known. */
export const isRestorable = (
  backup: BackupRecord,
  nowMs: number,
): backup is BackupRecord & { checksum: string; sizeBytes: number } =>
  backup.status === "completed" && backup.checksum !== null && backup.sizeBytes !== null && !isExpired(backup, nowMs);

/**
 * The backup that a drill tries out: the latest that could be restored now, whatever its scope. A person in need would
 * restore the latest; to drill only full ones would leave most backups of many sites unproven.
 */
export const latestRestorable = (backups: readonly BackupRecord[], nowMs: number): BackupRecord | undefined =>
  backups
    .filter((backup) => isRestorable(backup, nowMs))
    .toSorted((one, other) => (other.completedAtMs ?? 0) - (one.completedAtMs ?? 0))[0];

export const presentBackup = (backup: BackupRecord, nowMs: number): Backup => ({
  id: backup.id,
  environment_id: backup.environmentId,
  backup_scope: backup.scope,
  status: backup.status === "completed" && isExpired(backup, nowMs) ? "expired" : backup.status,
  storage_type: "s3",
  storage_path: backup.storagePath,
  retention_until: toIso(backup.retentionUntilMs),
  checksum: backup.checksum,
  size_bytes: backup.sizeBytes,
  last_drill: backup.drill && {
    at: toIso(backup.drill.atMs),
    succeeded: backup.drill.succeeded,
    job_id: backup.drill.jobId,
  },
  job_id: backup.jobId,
  created_at: toIso(backup.createdAtMs),
  completed_at: toIsoOrNull(backup.completedAtMs),
});
