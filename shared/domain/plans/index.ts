/** One plan a job type. A type without one cannot be asked for; a plan without its harness fails the repository guard. */
import type { Job } from "../../../contracts/models.ts";
import { nodeDelete } from "./node-delete.ts";
import { nodeProvision } from "./node-provision.ts";
import type { Plan } from "./plan.ts";

export const plans = { node_provision: nodeProvision, node_delete: nodeDelete } as const satisfies Partial<
  Record<Job["job_type"], Plan>
>;
export type PlannedJobType = keyof typeof plans;
export const isPlanned = (jobType: Job["job_type"]): jobType is PlannedJobType => Object.hasOwn(plans, jobType);
