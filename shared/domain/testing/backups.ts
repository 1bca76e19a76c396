/** Records for tests: a site with one environment, its backups, and jobs on them as the API starts them. */
import type { BackupRecord } from "../backup.ts";
import type { Facts, Move, Plan, RunFacts, State, Subject, WriteOutcome, Written } from "../plans/plan.ts";
import { type SiteStart, startBackup, startDrill, startRestore, startSiteCreate } from "../plans/start-site.ts";
import { installation, makeActiveNode, startMs } from "../testing.ts";

export const siteId = "018f0000-0000-7000-8000-0000000000c1";
export const environmentId = "018f0000-0000-7000-8000-0000000000e1";
export const madeId = "018f0000-0000-7000-8000-0000000000b1";
export const restoredId = "018f0000-0000-7000-8000-0000000000b2";
/** Its release is `000000d1`. */
export const backupJobId = "018f0000-0000-7000-8000-0000000000d1";

const node = makeActiveNode();
const opening = { jobId: backupJobId, installation, node, nowMs: startMs };
const made = startSiteCreate({
  ...opening,
  siteId,
  environmentId,
  name: "Acme",
  slug: "acme",
  adminEmail: "admin@example.org",
  previewDomain: "{ip}.example.org",
});
const [created] = made.environments;
if (created === undefined) throw new Error("the site has no environment");
const site = { ...made.site.after, status: "active", openJobId: null } as const;
const environment = { ...created.after, status: "active", release: "0000abcd", wordpressVersion: "6.1.9" } as const;

/** Completed an hour ago: 1000 bytes. */
export const makeBackup = (change: Partial<BackupRecord> = {}): BackupRecord => {
  const { backup } = startBackup({ ...opening, site, environment }, { id: restoredId, scope: "full" });
  if (backup === null) throw new Error("no backup was made");
  const completedAtMs = startMs - 3_600_000;
  return { ...backup, status: "completed", checksum: "ab".repeat(32), sizeBytes: 1000, completedAtMs, ...change };
};

const stateOf = (start: SiteStart, restored: BackupRecord | null): State & { subject: Subject } => {
  const [after = environment] = start.environments.map((one) => one.after);
  const subject = { site: start.site.after, environment: after, others: [], made: start.backup, restored };
  return { nowMs: startMs, job: start.job, node: start.node.after, subject };
};

/** A full backup that was asked for. */
export const makeBackupState = () =>
  stateOf(startBackup({ ...opening, site, environment }, { id: madeId, scope: "full" }), null);

/** A restore that was asked for, of an environment that was `status`. */
export const makeRestoreState = (restored = makeBackup(), status: "active" | "failed" = "active") =>
  stateOf(
    startRestore({ ...opening, site, environment: { ...environment, status } }, { safetyId: madeId, restored }),
    restored,
  );

/** A drill that was asked for. */
export const makeDrillState = (tried = makeBackup()) =>
  stateOf(startDrill({ ...opening, site, environment }, tried), tried);

type Reached = Extract<RunFacts, { reached: true }>;

/** A run that goes on and says nothing. */
export const makeRun = (change: Partial<Reached> = {}): Reached => ({
  reached: true,
  state: "running",
  exitCode: null,
  recap: null,
  task: null,
  progress: null,
  tail: [],
  result: null,
  need: null,
  ...change,
});

/** A run that ended well. */
export const endedRun = (result: unknown): Reached =>
  makeRun({ state: "ended", exitCode: 0, recap: { changed: 1, unreachable: 0, failed: 0 }, result });

/** A run that failed at a task. */
export const failedRun = (task: string): Reached =>
  makeRun({ state: "ended", exitCode: 2, recap: { changed: 1, unreachable: 0, failed: 1 }, task, tail: ["fatal"] });

export type Seen = Omit<Partial<Facts>, keyof State>;

/** One look: what was seen, decided and, where something was written, what came of it. */
export interface Look {
  readonly seen?: Seen;
  /** Default: what it asked for was done. */
  readonly written?: Written;
  /** Time since the look before, in milliseconds. Default 1 s. */
  readonly afterMs?: number;
}

const doneAs = (move: Move): Written => {
  switch (move.write?.kind) {
    case "open_upload":
      return { kind: "open_upload", upload: { ok: true, value: "the-upload" } };
    case "complete_upload":
    case "abort_upload":
      return { kind: "close_upload", complaint: null };
    default:
      return { kind: "change_run", complaint: null };
  }
};

/** Looks one after the other; answers every move, each as it was before its write. */
export const walk = (plan: Plan, begin: State, looks: readonly Look[]): { moves: Move[]; last: State } => {
  const moves: Move[] = [];
  let state = begin;
  for (const { seen = {}, written, afterMs = 1000 } of looks) {
    const nowMs = state.nowMs + afterMs;
    const move = plan.decide({ blocked: null, ...seen, ...state, nowMs });
    moves.push(move);
    const outcome: WriteOutcome = { ok: true, value: written ?? doneAs(move) };
    const after = move.write === undefined ? move : plan.absorb({ ...move, nowMs }, outcome);
    state = { ...after, nowMs };
  }
  return { moves, last: state };
};
