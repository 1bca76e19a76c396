/** Every state of the contract as a word and a tone. A state without one does not compile. */
import type { ErrorReason, ReadinessReason } from "../../contracts/errors.ts";
import type { Job, JobStep, Node, ProviderConnection } from "../../contracts/models.ts";
import type { Backup, Environment, Site } from "../../contracts/site-models.ts";

/** Each has a shape and a colour of its own: `ok` a dot, `warn` a diamond, `bad` a square, `run` a turning ring, `off` an empty ring. */
export type Tone = "ok" | "warn" | "bad" | "run" | "off";

export interface Look {
  readonly word: string;
  readonly tone: Tone;
}

type Looks<State extends string> = Readonly<Record<State, Look>>;

export const providerLooks: Looks<ProviderConnection["status"]> = {
  connected: { word: "Connected", tone: "ok" },
  degraded: { word: "Needs attention", tone: "warn" },
  disconnected: { word: "Not connected", tone: "off" },
};

export const jobLooks: Looks<Job["status"]> = {
  queued: { word: "Queued", tone: "run" },
  running: { word: "Running", tone: "run" },
  succeeded: { word: "Succeeded", tone: "ok" },
  failed: { word: "Failed", tone: "bad" },
  cancelled: { word: "Cancelled", tone: "off" },
};

export const stepLooks: Looks<JobStep["status"]> = {
  pending: { word: "To do", tone: "off" },
  running: { word: "Now", tone: "run" },
  succeeded: { word: "Done", tone: "ok" },
  failed: { word: "Failed", tone: "bad" },
  skipped: { word: "Left out", tone: "off" },
};

export const siteLooks: Looks<Site["status"]> = {
  active: { word: "Active", tone: "ok" },
  cloning: { word: "Cloning", tone: "run" },
  deploying: { word: "Deploying", tone: "run" },
  restoring: { word: "Restoring", tone: "run" },
  failed: { word: "Failed", tone: "bad" },
};

export const environmentLooks: Looks<Environment["status"]> = siteLooks;

export const backupLooks: Looks<Backup["status"]> = {
  pending: { word: "Pending", tone: "run" },
  running: { word: "Running", tone: "run" },
  completed: { word: "Completed", tone: "ok" },
  failed: { word: "Failed", tone: "bad" },
  expired: { word: "Expired", tone: "off" },
};

const serverLooks: Looks<Node["server_state"]> = {
  none: { word: "No server", tone: "off" },
  creating: { word: "Creating", tone: "run" },
  present: { word: "Setting up", tone: "run" },
  deleting: { word: "Deleting", tone: "run" },
  gone: { word: "Gone", tone: "off" },
  still_billing: { word: "Still billing", tone: "bad" },
  unknown: { word: "Not known", tone: "warn" },
};

/** Its job is at work, or waits for its next try. */
const unordered: Look = { word: "Waiting to be ordered", tone: "run" };

/** What a node is, for the person who pays for it: money first, then whether it can carry sites. */
export const nodeLook = ({
  status,
  server_state,
  readiness,
}: Pick<Node, "status" | "server_state" | "readiness">): Look => {
  if (server_state === "still_billing" || server_state === "unknown" || server_state === "deleting")
    return serverLooks[server_state];
  if (status === "provisioning" && server_state === "none") return unordered;
  if (status === "provisioning" || status === "decommissioned") return serverLooks[server_state];
  if (status === "unreachable") return { word: "Unreachable", tone: "bad" };
  return readiness.is_ready ? { word: "Ready", tone: "ok" } : { word: "Not ready", tone: "warn" };
};

/** In which of the groups of `/nodes` it is counted. */
export const groupOf = ({ tone }: Look): "ready" | "working" | "needs you" | "gone" =>
  (({ ok: "ready", run: "working", warn: "needs you", bad: "needs you", off: "gone" }) as const)[tone];

/** Why something failed, in a few words; the guidance says more. */
export const reasonWords: Readonly<Record<ErrorReason, string>> = {
  token_readonly: "The token can only read",
  credential_rejected: "Hetzner does not accept the token",
  rate_limited: "Too many requests at Hetzner",
  quota_exceeded: "A limit of the Hetzner account",
  capacity: "Sold out there",
  invalid_request: "Not accepted as asked",
  name_conflict: "The name is taken",
  conflict: "Something else was going on",
  forbidden: "Not allowed",
  busy: "Busy with something else",
  protected: "Protected against deletion",
  not_found: "Not there",
  provider_unavailable: "Hetzner does not answer",
  timeout: "It took too long",
  action_failed: "It failed on the other side",
  api_changed: "Hetzner's API has changed",
  unexpected_response: "An answer nobody expected",
  labels_removed: "Somebody removed the labels",
  host_key_not_rotated: "The host key could not be replaced",
  task_failed: "A task failed on the node",
  interrupted: "Cut off on the node",
  node_unreachable: "The node does not answer",
  checksum_mismatch: "Not what was stored",
  backup_missing: "The backup is gone",
  backup_invalid: "Not a complete backup of this environment",
  health_check_failed: "The site did not answer",
  upload_failed: "Could not be stored",
};

/** Why a node is not ready. */
export const readinessWords: Readonly<Record<ReadinessReason, string>> = {
  node_status_not_active: "Not set up yet",
  node_host_missing: "No address yet",
  ssh_port_invalid: "The SSH port is wrong",
  ssh_user_missing: "No user for SSH",
  node_unreachable: "SSH does not answer",
  sudo_unavailable: "No root rights on the node",
  runtime_missing: "WordPress's services are not installed",
  environments_forgotten: "Its disk holds sites that were forgotten",
  node_deletion_pending: "It is to be deleted",
};
