/** One plan a job type. A type without one cannot be asked for; a plan without its harness fails the repository guard. */
import type { Job } from "../../../contracts/models.ts";
import { backupCreate } from "./backup-create.ts";
import { envCreate } from "./env-create.ts";
import { envDelete } from "./env-delete.ts";
import { envRestore } from "./env-restore.ts";
import { nodeDelete } from "./node-delete.ts";
import { nodeProvision } from "./node-provision.ts";
import type { Plan } from "./plan.ts";
import { restoreDrill } from "./restore-drill.ts";
import { siteCreate } from "./site-create.ts";
import { siteDelete } from "./site-delete.ts";

export const plans = {
  node_provision: nodeProvision,
  node_delete: nodeDelete,
  site_create: siteCreate,
  site_delete: siteDelete,
  env_create: envCreate,
  env_delete: envDelete,
  backup_create: backupCreate,
  env_restore: envRestore,
  restore_drill: restoreDrill,
} as const satisfies Partial<Record<Job["job_type"], Plan>>;
export type PlannedJobType = keyof typeof plans;
export const isPlanned = (jobType: Job["job_type"]): jobType is PlannedJobType => Object.hasOwn(plans, jobType);
