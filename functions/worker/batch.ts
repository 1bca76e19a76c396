/**
 * One batch of messages: lease each job, read for all of them together, then decide, act and settle each on its own. The
 * job item is the truth; whatever stops half-way here is taken up again by the next look.
 */
import { type JobMessage, jobMessage } from "../../contracts/messages.ts";
import type { ProviderId } from "../../contracts/models.ts";
import { limits } from "../../shared/config.ts";
import type { ProviderFault } from "../../shared/domain/failure.ts";
import { isOpen, type JobRecord } from "../../shared/domain/job.ts";
import { crashed } from "../../shared/domain/plans/crash.ts";
import { isPlanned, plans } from "../../shared/domain/plans/index.ts";
import { moveOn } from "../../shared/domain/plans/moves.ts";
import type { Facts, Move, Plan, Read, State, Subject, WriteOutcome } from "../../shared/domain/plans/plan.ts";
import { leaseJob, recordIntent, type Settlement, settleJob } from "../../shared/store/jobs.ts";
import { findNode } from "../../shared/store/nodes.ts";
import { markCredentialFault } from "../../shared/store/providers.ts";
import { findSubject } from "../../shared/store/sites.ts";
import { act, asksProvider } from "./act.ts";
import { isClosed, isReplaced, type Opened, openConnection } from "./connection.ts";
import type { WorkerDeps } from "./deps.ts";
import { type Asking, type Gathered, gather, gatherWithout } from "./gather.ts";

export interface Message {
  readonly messageId: string;
  readonly body: string;
}

/** A leased job with its plan, from its message to its settle. */
interface Look extends Asking {
  readonly message: Message;
  readonly plan: Plan;
  readonly beganAtMs: number;
}

interface Batch {
  readonly deps: WorkerDeps;
  /** Our own clock's end of this invocation; no write to the outside starts too close to it. */
  readonly endsAtMs: number;
  readonly failed: Set<string>;
}

/**
 * Works through a batch and returns the ids of the messages that must come back. `remainingMs` is what Lambda leaves this
 * invocation. Never throws for one job's trouble.
 */
export const workThrough = async (
  deps: WorkerDeps,
  messages: readonly Message[],
  remainingMs: number,
): Promise<string[]> => {
  const batch: Batch = { deps, endsAtMs: deps.clock.now() + remainingMs, failed: new Set() };
  const looks = await Promise.all(messages.map((message) => guarded(batch, message, () => lease(batch, message))));
  const leased = looks.filter((look) => look !== undefined);
  const byProvider = Map.groupBy(leased, (look) => look.state.job.providerId);
  await Promise.all([...byProvider].map(([providerId, group]) => workForProvider(batch, providerId, group)));
  return [...batch.failed];
};

/** Keeps one job's trouble to itself: its message comes back, the others go on. */
const guarded = async <T>(batch: Batch, message: Message, work: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await work();
  } catch (error) {
    batch.deps.log.error("job_look_failed", { message_id: message.messageId, error });
    batch.failed.add(message.messageId);
    return undefined;
  }
};

const lease = async (batch: Batch, message: Message): Promise<Look | undefined> => {
  const { deps } = batch;
  const beganAtMs = deps.clock.now();
  const parsed = jobMessage.parse(JSON.parse(message.body));
  const result = await leaseJob(deps.table, {
    jobId: parsed.job_id,
    seq: parsed.seq,
    leaseId: deps.newId(),
    nowMs: deps.clock.now(),
    leaseMs: limits.leaseSeconds * 1000,
    maxLeases: limits.maxLeasesWithoutSettle,
  });
  if (result.kind === "busy") batch.failed.add(message.messageId);
  if (result.kind === "exhausted") await endCrashed(deps, result.job);
  return result.kind === "leased" ? { ...(await toLook(deps, result.job)), message, beganAtMs } : undefined;
};

const toLook = async (deps: WorkerDeps, job: JobRecord): Promise<Omit<Look, "message" | "beganAtMs">> => {
  const state = await stateOf(deps, job);
  if (!isPlanned(job.jobType)) throw new Error(`no plan for ${job.jobType}`);
  const plan = plans[job.jobType];
  return { plan, state, needs: plan.needs(state) };
};

const stateOf = async (deps: WorkerDeps, job: JobRecord): Promise<State> => {
  const [node, subject] = await Promise.all([findNode(deps.table, job.nodeId), subjectOf(deps, job)]);
  if (node === undefined) throw new Error(`job ${job.id} has no node`);
  return { nowMs: deps.clock.now(), job, node, ...(subject === undefined ? {} : { subject }) };
};

const subjectOf = async ({ table }: WorkerDeps, job: JobRecord): Promise<Subject | undefined> => {
  const { siteId, environmentId } = job;
  if (siteId === null || environmentId === null) return undefined;
  const subject = await findSubject(table, { ...job, siteId, environmentId });
  if (subject === undefined) throw new Error(`job ${job.id} has no site`);
  return subject;
};

const endCrashed = async (deps: WorkerDeps, job: JobRecord): Promise<void> => {
  const state = await stateOf(deps, job);
  deps.log.error("job_crashed", { job_id: job.id, leases: job.leases });
  await settleJob(deps.table, settlementOf(state, crashed(state)));
};

const workForProvider = async (batch: Batch, providerId: ProviderId, looks: readonly Look[]): Promise<void> => {
  const connection = await openOrFail(batch, providerId, looks);
  if (connection === undefined) return;
  const gathered = await gatherOrFail(batch, connection, looks);
  if (gathered === undefined) return;
  await Promise.all(
    looks.map((look, index) => guarded(batch, look.message, () => lookAt(batch, look, connection, gathered[index]))),
  );
  if (!isClosed(connection)) await connection.close();
};

/** While AWS does not give us the connection its jobs wait, within their total time: that is no crash of theirs. */
const openOrFail = async (
  batch: Batch,
  providerId: ProviderId,
  looks: readonly Look[],
): Promise<Opened | undefined> => {
  try {
    return await openConnection(batch.deps, providerId);
  } catch (error) {
    batch.deps.log.error("connection_failed", { provider_id: providerId, error });
    await Promise.all(looks.map((look) => guarded(batch, look.message, () => putOff(batch, look))));
    return undefined;
  }
};

const OUTAGE_WAIT_MS = 60_000;

const putOff = async ({ deps, failed }: Batch, { state, message }: Look): Promise<void> => {
  if (state.nowMs >= state.job.deadlineAtMs) return void failed.add(message.messageId);
  const move = moveOn(state, OUTAGE_WAIT_MS);
  const settled = await settleJob(deps.table, settlementOf(state, move));
  if (settled.kind === "settled") await wake(deps, move.job, settled.seq);
};

const gatherOrFail = async (batch: Batch, connection: Opened, looks: readonly Look[]) => {
  try {
    return isClosed(connection)
      ? await gatherWithout(batch.deps, connection, looks)
      : await gather(batch.deps, connection, looks);
  } catch (error) {
    batch.deps.log.error("gather_failed", { error });
    for (const look of looks) batch.failed.add(look.message.messageId);
    return undefined;
  }
};

const lookAt = async (batch: Batch, look: Look, connection: Opened, gathered: Gathered | undefined): Promise<void> => {
  const state = { ...look.state, nowMs: batch.deps.clock.now() };
  const blocked = isClosed(connection) ? connection.fault : null;
  const facts: Facts = { ...gathered?.facts, ...state, blocked };
  if (await isOutdated(batch, connection, facts)) {
    return settle(batch, look, { facts, connection, move: moveOn(look.state, RETRY_MS) });
  }
  const decided = look.plan.decide(facts);
  if (decided.write === undefined || (blocked && asksProvider(decided.write)))
    return settle(batch, look, { facts, connection, move: decided });
  if (!mayWrite(batch, state.job)) return settle(batch, look, { facts, connection, move: moveOn(state, 0) });
  const intended = await intend(batch, state, decided);
  if (!intended) return settle(batch, look, { facts, connection, move: moveOn(look.state, 0) });
  const sent = await act(connection, decided.write, { ...decided, deps: batch.deps, hostKey: gathered?.hostKey });
  const outcome = await withoutOutdated(batch, connection, sent);
  const after: State = { ...decided, nowMs: batch.deps.clock.now() };
  return settle(batch, look, { facts, connection, outcome, move: look.plan.absorb(after, outcome) });
};

/** Before what an operator has mended (another token, AWS) is looked at again. */
const RETRY_MS = 1000;

const credentialClasses: readonly ProviderFault["class"][] = ["unauthorized", "token_readonly"];
const isRefused = (read: Read<unknown> | undefined): boolean =>
  read !== undefined && !read.ok && credentialClasses.includes(read.fault.class);

/** Hetzner refused a token that is no longer the stored one: that answer decides nothing. */
const isOutdated = async ({ deps }: Batch, connection: Opened, facts: Facts): Promise<boolean> => {
  const refused = [facts.managedKey, facts.actions, facts.server, facts.lookup].some(isRefused);
  return refused && !isClosed(connection) && isReplaced(deps, connection);
};

/** The same for a write: nothing was done, and the next attempt has the new token. */
const withoutOutdated = async ({ deps }: Batch, connection: Opened, sent: WriteOutcome): Promise<WriteOutcome> =>
  !sent.ok && isRefused(sent) && !isClosed(connection) && (await isReplaced(deps, connection))
    ? { ok: false, fault: { ...sent.fault, class: "unavailable", retryable: true } }
    : sent;

/** No write starts that could outlive the lease or the invocation. */
const mayWrite = ({ deps, endsAtMs }: Batch, job: JobRecord): boolean => {
  const until = Math.min(endsAtMs, job.leaseUntilMs ?? 0);
  return until - deps.clock.now() >= limits.outsideWriteReserveSeconds * 1000;
};

/** A create is recorded before it leaves: from here on a server may exist. False: the lease is lost, nothing may leave. */
const intend = ({ deps }: Batch, state: State, move: Move): Promise<boolean> =>
  move.write?.kind === "create_server" ? recordIntent(deps.table, state.job, move.job) : Promise.resolve(true);

interface Result {
  readonly facts: Facts;
  readonly connection: Opened;
  readonly outcome?: WriteOutcome;
  readonly move: Move;
}

const settle = async (batch: Batch, look: Look, result: Result): Promise<void> => {
  const { deps } = batch;
  const { job } = result.move;
  const settled = await settleJob(deps.table, settlementOf(look.state, result.move));
  logLook(deps, look, { job, settled: settled.kind });
  if (settled.kind === "lost") return;
  if (settled.kind === "cancelled") {
    return settle(batch, { ...look, beganAtMs: deps.clock.now() }, { ...result, move: moveOn(look.state, 0) });
  }
  await Promise.all([wake(deps, job, settled.seq), reportCredential(deps, result)]);
};

/** `look_ms`, summed over a job, is what its looks took; those of one batch go on at the same time. */
const logLook = ({ log, clock }: WorkerDeps, { beganAtMs }: Look, { job, settled }: Looked): void => {
  const look_ms = clock.now() - beganAtMs;
  log.info("job_look", { job_id: job.id, job_type: job.jobType, status: job.status, settled, look_ms });
};

interface Looked {
  readonly job: JobRecord;
  readonly settled: string;
}

const settlementOf = (state: State, { job, node, subject, removed, tombstone, freeName }: Move): Settlement => ({
  before: { job: state.job, node: state.node, subject: state.subject },
  after: { job, node, subject },
  removed,
  tombstone,
  freeName,
});

/** The next message, for this settle alone. When it cannot be sent the sweeper sends it. */
const wake = async ({ queue, clock, log }: WorkerDeps, job: JobRecord, seq: number): Promise<void> => {
  if (!isOpen(job)) return;
  const message: JobMessage = { v: 1, job_id: job.id, seq };
  await queue.send(message, (job.runAfterMs ?? 0) - clock.now()).catch((error: unknown) => {
    log.warn("job_not_woken", { job_id: job.id, error });
  });
};

/** An acquisition that meets a credential error tells the provider's status at once. */
const reportCredential = async (deps: WorkerDeps, { facts, connection, outcome }: Result): Promise<void> => {
  const reads = [facts.managedKey, facts.actions, facts.server, facts.lookup, outcome];
  const faults = reads.flatMap((read) => (read && !read.ok ? [read.fault.class] : []));
  const reason = credentialReason(faults);
  if (reason === null || isClosed(connection)) return;
  const { providerId, tokenSecret } = connection;
  await markCredentialFault(deps.table, { providerId, tokenSecret, reason, nowMs: deps.clock.now() });
};

const credentialReason = (faults: readonly ProviderFault["class"][]) => {
  if (faults.includes("unauthorized")) return "credential_rejected";
  return faults.includes("token_readonly") ? "token_readonly" : null;
};
