/**
 * The closed lists of codes that clients may switch on. Append-only: a code is never renamed, removed or given another
 * meaning. What a person should do about each is in `shared/domain/failure.ts`; `docs/error-codes.md` is generated from both.
 */

/** Error codes of HTTP answers, each with the one status it is sent with. */
export const apiErrorStatus = {
  bad_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  idempotency_mismatch: 409,
  provider_in_use: 409,
  provider_not_connected: 409,
  provider_project_mismatch: 409,
  job_not_cancellable: 409,
  node_has_sites: 409,
  node_not_ready: 409,
  environment_not_active: 409,
  resource_not_failed: 409,
  reset_validation_failed: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  provider_credential_refused: 422,
  rate_limited: 429,
  internal: 500,
  node_unreachable: 502,
  wp_cli_error: 502,
} as const;

export type ApiErrorCode = keyof typeof apiErrorStatus;

/** Error codes of jobs, each with whether the job retries by itself (three attempts, back-off 1 and 5 minutes). */
export const jobErrorRetried = {
  PROVIDER_ACQUISITION_TIMEOUT: true,
  PROVIDER_ACQUISITION_UNAVAILABLE: false,
  PROVIDER_API_ERROR: true,
  PROVIDER_ACQUISITION_FAILED: false,
  PROVIDER_RELEASE_FAILED: false,
  JOB_TIMEOUT: false,
  JOB_CRASHED: false,
  ANSIBLE_HOST_UNREACHABLE: true,
  ANSIBLE_HOST_FAILED: true,
  ANSIBLE_PLAY_ERROR: true,
  ANSIBLE_TIMEOUT: true,
  ANSIBLE_SYNTAX_ERROR: false,
  ANSIBLE_UNEXPECTED_ERROR: false,
  ANSIBLE_UNKNOWN_EXIT: false,
  BACKUP_CHECKSUM_MISMATCH: false,
  BACKUP_UPLOAD_FAILED: true,
} as const;

export type JobErrorCode = keyof typeof jobErrorRetried;

/** The fine class under a job's error code; also a provider's `status_reason` and a server's `deletion_blocked_reason`. */
export const errorReasons = [
  "token_readonly",
  "credential_rejected",
  "rate_limited",
  "quota_exceeded",
  "capacity",
  "invalid_request",
  "name_conflict",
  "conflict",
  "forbidden",
  "busy",
  "protected",
  "not_found",
  "provider_unavailable",
  "timeout",
  "action_failed",
  "api_changed",
  "unexpected_response",
  "labels_removed",
  "host_key_not_rotated",
  "task_failed",
  "interrupted",
  "node_unreachable",
  "checksum_mismatch",
  "backup_missing",
  "backup_invalid",
  "health_check_failed",
  "upload_failed",
] as const;

export type ErrorReason = (typeof errorReasons)[number];

/** Why a node is not ready for sites. */
export const readinessReasons = [
  "node_status_not_active",
  "node_host_missing",
  "ssh_port_invalid",
  "ssh_user_missing",
  "node_unreachable",
  "sudo_unavailable",
  "runtime_missing",
  "environments_forgotten",
  "node_deletion_pending",
] as const;

export type ReadinessReason = (typeof readinessReasons)[number];
