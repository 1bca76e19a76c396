/** Why a site's job is not taken, as the API says it. Pure; null: nothing speaks against it. */
import type { ApiErrorCode } from "../../contracts/errors.ts";
import { type BackupRecord, isRestorable } from "./backup.ts";
import { isLost, type NodeRecord, readinessOf, readinessReasonsOf } from "./node.ts";
import { type EnvironmentRecord, isResting, type SiteRecord } from "./site.ts";

export interface Refusal {
  readonly code: ApiErrorCode;
  readonly message: string;
  readonly guidance?: readonly string[];
  readonly details: Readonly<Record<string, unknown>>;
}

/** Most environments of one site. */
export const ENVIRONMENTS_MAX = 20;

const WAIT = "Wait for that job to end, or cancel it, then ask again.";

/** A job has it. `jobId` null: it was changed by somebody else between our look and our write. */
export const takenRefusal = (what: "site" | "node", id: string, jobId: string | null): Refusal => ({
  code: "conflict",
  message:
    jobId === null ? `The ${what} was changed just now by somebody else` : `Job ${jobId} is working on this ${what}`,
  guidance: [jobId === null ? "Look at it, then ask again." : WAIT],
  details: { [`${what}_id`]: id, job_id: jobId },
});

const notReady = (node: NodeRecord): Refusal | null => {
  const { is_ready, reason_codes, guidance } = readinessOf(node);
  if (is_ready) return null;
  const message = `The node ${node.name} is not ready for sites`;
  return { code: "node_not_ready", message, guidance, details: { node_id: node.id, reason_codes } };
};

/** A node must be ready, and free. */
export const nodeRefusal = (node: NodeRecord): Refusal | null =>
  notReady(node) ?? (node.openJobId === null ? null : takenRefusal("node", node.id, node.openJobId));

/** For a job that puts an environment more on the node. The site first: its job has the node too, and says more. */
export const cloneRefusal = (site: SiteRecord, node: NodeRecord): Refusal | null =>
  site.openJobId === null ? nodeRefusal(node) : takenRefusal("site", site.id, site.openJobId);

/**
 * For a job on what is there: what is left on a node that has forgotten others, or that is to be deleted, can be backed up,
 * restored and removed.
 */
export const siteRefusal = (site: SiteRecord, node: NodeRecord): Refusal | null =>
  cloneRefusal(site, { ...node, forgottenEnvironments: 0, serverState: leftState(node) });

const leftState = ({ serverState }: NodeRecord) => (serverState === "still_billing" ? "present" : serverState);

/** What to do about a site whose server will not come back. */
export const LOST_SERVER =
  "If its server is lost: once the node is unreachable (after about 15 minutes without an answer), delete each of its sites with final_backup=false. That makes no backup and touches nothing on the server. Then delete the node.";

const orForget = (refusal: Refusal | null): Refusal | null =>
  refusal?.code === "node_not_ready" ? { ...refusal, guidance: [...(refusal.guidance ?? []), LOST_SERVER] } : refusal;

/** A site on a lost node can only be forgotten, and only by who says that there shall be no backup. */
export const siteDeleteRefusal = (site: SiteRecord, node: NodeRecord, withBackup: boolean): Refusal | null => {
  if (withBackup || !isLost(node)) return orForget(siteRefusal(site, node));
  const [what, { id, openJobId }] = site.openJobId === null ? (["node", node] as const) : (["site", site] as const);
  return openJobId === null ? null : takenRefusal(what, id, openJobId);
};

/** Where a site may go, in this order: free nodes first, and of these the emptiest. Otherwise why there is none. */
export const choosePlace = (nodes: readonly NodeRecord[]): readonly NodeRecord[] | Refusal => {
  const ready = nodes.filter((node) => readinessReasonsOf(node).length === 0);
  const free = ready.filter(({ openJobId }) => openJobId === null);
  if (free.length > 0) return free.toSorted((a, b) => a.environmentCount - b.environmentCount);
  const [busy] = ready;
  return busy === undefined ? noneReady(nodes) : takenRefusal("node", busy.id, busy.openJobId);
};

const noneReady = (nodes: readonly NodeRecord[]): Refusal => {
  const found = nodes.map(readinessOf);
  const reasons = [...new Set(found.flatMap(({ reason_codes }) => reason_codes))];
  const guidance = [...new Set(found.flatMap((one) => one.guidance))];
  return {
    code: "node_not_ready",
    message: nodes.length === 0 ? "There is no node yet" : "No node is ready for sites",
    guidance: nodes.length === 0 ? ["Create a node and wait until it is ready, then ask again."] : guidance,
    details: { reason_codes: reasons },
  };
};

/** Only an environment in service can be cloned, backed up, tried out or logged in to. */
export const inactiveRefusal = ({ id, status }: EnvironmentRecord): Refusal | null =>
  status === "active"
    ? null
    : {
        code: "environment_not_active",
        message: `The environment is ${status}`,
        guidance: [
          isResting(status)
            ? "Reset it if it answers again, restore a backup, or delete it. Its last job says what went wrong."
            : WAIT,
        ],
        details: { environment_id: id, status },
      };

/** `present`: the environments of the site. */
export const slugRefusal = (present: readonly EnvironmentRecord[], slug: string): Refusal | null => {
  const holder = present.find((one) => one.slug === slug);
  if (holder !== undefined) return slugTaken(`another environment of this site is already called ${slug}`);
  if (present.length < ENVIRONMENTS_MAX) return null;
  return {
    code: "conflict",
    message: `A site can have ${ENVIRONMENTS_MAX} environments`,
    guidance: ["Delete one that is no longer needed first."],
    details: { limit: ENVIRONMENTS_MAX },
  };
};

export const slugTaken = (why: string): Refusal => ({
  code: "conflict",
  message: `slug: ${why}`,
  guidance: ["Choose another slug, or delete what has it first."],
  details: { field: "slug" },
});

/** An environment is only removed from a node that is ready: what is lost is forgotten with its whole site. */
export const environmentDeleteRefusal = (
  environment: EnvironmentRecord,
  site: SiteRecord,
  node: NodeRecord,
): Refusal | null => orForget(siteRefusal(site, node)) ?? primaryRefusal(environment, site);

/** The primary environment goes last. */
const primaryRefusal = (environment: EnvironmentRecord, site: SiteRecord): Refusal | null =>
  environment.id !== site.primaryEnvironmentId || site.environmentIds.length <= 1
    ? null
    : {
        code: "conflict",
        message: "The primary environment can only be deleted as the last of its site",
        guidance: ["Delete the other environments first, or the whole site."],
        details: { environment_id: environment.id },
      };

/** Can `backup` be restored to `environmentId`? A backup of another environment is no backup here. */
export const restoreRefusal = (
  backup: BackupRecord | undefined,
  environmentId: string,
  nowMs: number,
): Refusal | null => {
  if (backup?.environmentId !== environmentId) {
    const message = "there is no backup with this id of this environment";
    return {
      code: "bad_request",
      message: `backup_id: ${message}`,
      details: { field: "backup_id", issues: [{ field: "backup_id", message }] },
    };
  }
  if (isRestorable(backup, nowMs)) return null;
  const status = backup.status === "completed" ? "expired" : backup.status;
  return {
    code: "conflict",
    message: `The backup is ${status}; only a completed one that is still kept can be restored`,
    guidance: ["Choose another backup of this environment."],
    details: { backup_id: backup.id, status },
  };
};

/** A drill tries out the newest backup that can be restored. */
export const nothingToTry = (environmentId: string): Refusal => ({
  code: "conflict",
  message: "There is no completed backup of this environment that is still kept",
  guidance: ["Make a backup first."],
  details: { environment_id: environmentId },
});
