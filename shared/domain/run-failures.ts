/** How playbook runs and jobs of sites fail: a part of the one error table in `failure.ts`. */
import type { ErrorReason, JobErrorCode } from "../../contracts/errors.ts";
import type { Failure } from "./job.ts";

const SEE_LOG = "The job's log_tail shows the end of its output.";
const ANOTHER_BACKUP = "Restore another backup, and make a new one now.";
const TRY_AGAIN = "Ask again; if it fails again, look at the node over SSH.";

/** How a run of a playbook on a node fails, and what a site's job adds to that. */
export const runFailures = {
  unreachable: {
    code: "ANSIBLE_HOST_UNREACHABLE",
    reason: "node_unreachable",
    guidance: [
      "SSH to the node was lost for longer than the step may take. See in Hetzner's console whether the server runs, check the node, then ask again.",
    ],
  },
  interrupted: {
    code: "ANSIBLE_PLAY_ERROR",
    reason: "interrupted",
    guidance: ["The playbook was cut off on the node, by a restart or by hand, on three attempts.", TRY_AGAIN],
  },
  task_failed: { code: "ANSIBLE_HOST_FAILED", reason: "task_failed", guidance: [SEE_LOG, TRY_AGAIN] },
  no_room: {
    code: "ANSIBLE_HOST_FAILED",
    reason: "task_failed",
    guidance: ["The disk of the node is too full for this. Free space on the node, then ask again.", SEE_LOG],
  },
  play_error: { code: "ANSIBLE_PLAY_ERROR", reason: "action_failed", guidance: [SEE_LOG, TRY_AGAIN] },
  node_busy: {
    code: "ANSIBLE_PLAY_ERROR",
    reason: "busy",
    guidance: ["A playbook of an earlier job still ran on the node.", TRY_AGAIN],
  },
  timeout: {
    code: "ANSIBLE_TIMEOUT",
    reason: "timeout",
    guidance: ["The playbook did not end in its time and was stopped.", SEE_LOG, TRY_AGAIN],
  },
  syntax_error: {
    code: "ANSIBLE_SYNTAX_ERROR",
    reason: "invalid_request",
    guidance: [
      "The playbook cannot be read by the node's Ansible: a fault of this version of Pressluft. Update it.",
      SEE_LOG,
    ],
  },
  unexpected_error: {
    code: "ANSIBLE_UNEXPECTED_ERROR",
    reason: "unexpected_response",
    guidance: ["Ansible itself failed on the node.", SEE_LOG],
  },
  unknown_exit: {
    code: "ANSIBLE_UNKNOWN_EXIT",
    reason: "unexpected_response",
    guidance: ["Ansible ended on the node in a way that is not known.", SEE_LOG],
  },
  checksum_mismatch: {
    code: "BACKUP_CHECKSUM_MISMATCH",
    reason: "checksum_mismatch",
    guidance: ["What is stored is not what was backed up. The environment is as it was.", ANOTHER_BACKUP],
  },
  backup_missing: {
    code: "BACKUP_CHECKSUM_MISMATCH",
    reason: "backup_missing",
    guidance: ["The backup is no longer in the bucket. The environment is as it was.", ANOTHER_BACKUP],
  },
  backup_invalid: {
    code: "BACKUP_CHECKSUM_MISMATCH",
    reason: "backup_invalid",
    guidance: [
      "The backup is whole but not a complete backup of this environment, which is as it was.",
      ANOTHER_BACKUP,
    ],
  },
  environment_gone: {
    code: "ANSIBLE_HOST_FAILED",
    reason: "task_failed",
    guidance: [
      "Files or database of the environment are gone from the node. Restore its last full backup, with safety_backup=false.",
      SEE_LOG,
    ],
  },
  not_unpacked: {
    code: "ANSIBLE_HOST_FAILED",
    reason: "task_failed",
    guidance: [
      "The node could not unpack the backup: its disk is full, or MariaDB does not answer. The environment is as it was.",
      "Mend that on the node, then ask again.",
      SEE_LOG,
    ],
  },
  health_check_failed: {
    code: "ANSIBLE_HOST_FAILED",
    reason: "health_check_failed",
    guidance: [
      "The restored site did not answer, so the environment was put back as it was before. The job's log_tail says whether that answers.",
      "Restore another backup, or look for what this one needs (PHP version, a plugin that fails).",
    ],
  },
  drill_failed: {
    code: "ANSIBLE_HOST_FAILED",
    reason: "health_check_failed",
    guidance: [
      "WordPress did not answer from the backup. Pressluft changed nothing of the live environment.",
      "Make a new backup.",
    ],
  },
  bucket_unreachable: {
    code: "BACKUP_UPLOAD_FAILED",
    reason: "timeout",
    guidance: ["S3 did not tell whether the backup is there. Nothing was changed. Ask again later."],
  },
  upload_failed: {
    code: "BACKUP_UPLOAD_FAILED",
    reason: "upload_failed",
    guidance: ["The backup could not be stored. See whether the node reaches S3, then ask again.", SEE_LOG],
  },
  site_timeout: {
    code: "JOB_TIMEOUT",
    reason: "timeout",
    guidance: ["The job's total time ran out. Check the node, then ask again."],
  },
  site_crashed: {
    code: "JOB_CRASHED",
    reason: null,
    guidance: [
      "Pressluft itself failed five times at this job. Look into the worker's log for this job id, then ask again.",
    ],
  },
} as const satisfies Record<string, { code: JobErrorCode; reason: ErrorReason | null; guidance: readonly string[] }>;
export type RunFailureKind = keyof typeof runFailures;

export const runFailure = (kind: RunFailureKind, message: string): Failure => {
  const { code, reason, guidance } = runFailures[kind];
  return { code, reason, message, guidance: [...guidance] };
};
