/** What a caller should do about each error code of an HTTP answer, for the page of error codes. */
import type { ApiErrorCode } from "../../contracts/errors.ts";

export const apiErrorGuidance: Readonly<Record<ApiErrorCode, string>> = {
  bad_request: "Mend the field that `details.field` names.",
  unauthorized: "Log in again, or send an API token that has not expired.",
  forbidden: "Call from the dashboard's own address and send JSON, or use an API token.",
  not_found: "Check the address and the id; list what there is.",
  method_not_allowed: "Use a method that the `Allow` header names.",
  conflict: "Something else is in the way: `details` names the job to wait for, or the field whose value is taken.",
  idempotency_mismatch: "This key was used for another body within 24 hours. Use a new key.",
  provider_in_use: "Delete the nodes first, and wait until no job runs and nothing is still billing.",
  provider_not_connected: "Connect the provider, or follow its guidance.",
  provider_project_mismatch: "Use a token of the project in which the nodes are.",
  job_not_cancellable: "Wait for the job to end.",
  node_has_sites: "Delete the node's sites first; if its server is lost, with `final_backup=false`.",
  node_not_ready: "Follow the guidance for the node's reason codes, or choose another node.",
  environment_not_active: "Wait for its job to end; reset, restore or delete it if it has failed.",
  resource_not_failed: "Nothing to do: it has not failed.",
  reset_validation_failed: "It does not answer. Look at the node, restore a backup, or delete it.",
  payload_too_large: "Send less.",
  unsupported_media_type: "Send JSON, with `Content-Type: application/json`.",
  provider_credential_refused: "The stored token stays. Follow the guidance and send a better one.",
  rate_limited: "Wait as many seconds as `Retry-After` says.",
  internal: "Ask again; if it fails again, look in the log for the `request_id`.",
  node_unreachable: "Check the node, and see in Hetzner's console whether its server runs.",
  wp_cli_error: "WordPress did not do what it was asked. Look at the site; restore a backup if it is broken.",
};
