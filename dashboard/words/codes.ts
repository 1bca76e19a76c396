/** Every error code of the contract in a few words. A code without them does not compile. */
import type { ApiErrorCode, JobErrorCode } from "../../contracts/errors.ts";

/** What a refusal is about; the API's own message and guidance say more. */
export const apiErrorWords: Readonly<Record<ApiErrorCode, string>> = {
  bad_request: "Not accepted as asked",
  unauthorized: "Not logged in",
  forbidden: "Not allowed",
  not_found: "Not there",
  method_not_allowed: "Not possible there",
  conflict: "Something is in the way",
  idempotency_mismatch: "Asked before with other contents",
  provider_in_use: "Still needed",
  provider_not_connected: "The provider is not connected",
  provider_project_mismatch: "A token of another project",
  job_not_cancellable: "Too late to cancel",
  node_has_sites: "The node still has sites",
  node_not_ready: "The node is not ready",
  environment_not_active: "The environment is not in service",
  resource_not_failed: "It has not failed",
  reset_validation_failed: "It does not answer yet",
  payload_too_large: "Too much for one request",
  unsupported_media_type: "Not sent as JSON",
  provider_credential_refused: "The token was refused",
  rate_limited: "Too many tries",
  internal: "A fault in Pressluft",
  node_unreachable: "The node does not answer",
  wp_cli_error: "WordPress did not do it",
};

/** What ended a job; its reason, message and guidance say more. */
export const jobErrorWords: Readonly<Record<JobErrorCode, string>> = {
  PROVIDER_ACQUISITION_TIMEOUT: "The server was not ready in time",
  PROVIDER_ACQUISITION_UNAVAILABLE: "No server can be ordered now",
  PROVIDER_API_ERROR: "Hetzner answered with an error that can pass",
  PROVIDER_ACQUISITION_FAILED: "Hetzner could not make the server",
  PROVIDER_RELEASE_FAILED: "Hetzner did not delete the server",
  JOB_TIMEOUT: "The job's time ran out",
  JOB_CRASHED: "The job broke off again and again",
  ANSIBLE_HOST_UNREACHABLE: "The node was lost",
  ANSIBLE_HOST_FAILED: "A task failed on the node",
  ANSIBLE_PLAY_ERROR: "The run on the node broke off",
  ANSIBLE_TIMEOUT: "The run on the node took too long",
  ANSIBLE_SYNTAX_ERROR: "The playbook is broken",
  ANSIBLE_UNEXPECTED_ERROR: "Ansible itself failed",
  ANSIBLE_UNKNOWN_EXIT: "Ansible ended in a way nobody knows",
  BACKUP_CHECKSUM_MISMATCH: "The backup is damaged",
  BACKUP_UPLOAD_FAILED: "The backup was not stored",
};
