/** What a smoke reads of the API's answers: the contract's own fields. Answers may grow, so unknown ones are dropped. */
import * as z from "zod";
import * as m from "../../contracts/models.ts";
import * as s from "../../contracts/site-models.ts";

export const accepted = m.jobAccepted.strip();
export const anything = z.unknown();

export const provider = m.providerConnection
  .pick({ status: true, status_reason: true, guidance: true, last_status_message: true })
  .strip();

export const node = m.node
  .pick({ id: true, name: true, status: true })
  .extend({ readiness: m.readiness.pick({ is_ready: true, reason_codes: true, guidance: true }).strip() })
  .strip();
export type NodeAnswer = z.output<typeof node>;

const step = m.jobStep.pick({ name: true, status: true, detail: true }).strip();
export const job = m.job
  .pick({
    id: true,
    job_type: true,
    status: true,
    site_id: true,
    environment_id: true,
    node_id: true,
    attempt_count: true,
    finished_at: true,
    error_code: true,
    error_reason: true,
    error_message: true,
    guidance: true,
    log_tail: true,
  })
  .extend({ steps: z.array(step) })
  .strip();
export type JobAnswer = z.output<typeof job>;

export const site = s.site.pick({ id: true, slug: true, status: true, primary_environment_id: true }).strip();
export const environment = s.environment.pick({ id: true, slug: true, status: true, preview_url: true }).strip();
export type EnvironmentAnswer = z.output<typeof environment>;

export const backup = s.backup
  .pick({ id: true, backup_scope: true, status: true, checksum: true, size_bytes: true, job_id: true })
  .strip();
export type BackupAnswer = z.output<typeof backup>;

export const loginLink = s.loginLink.strip();

/** An error, also a gateway's own, which has no code. */
export const error = z.object({
  code: z.string().nullable().catch(null),
  message: z.string().catch(""),
  guidance: z.array(z.string()).catch([]),
  request_id: z.string().nullable().catch(null).describe("Names the request in the deployment's log"),
  details: z
    .object({
      job_id: z.string().nullable().optional().catch(undefined).describe("null: it was over before anybody saw it"),
    })
    .catch({}),
});
export type ErrorAnswer = z.output<typeof error>;
