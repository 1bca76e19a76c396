/**
 * The whole back end in one process: the real worker, sweeper, plans, store functions and SDK; the simulator at the wire;
 * table, vault and queue in memory. `makeWorld` puts it on a stepped clock with machines in memory: seconds of real time
 * for hours of its own. `makeWorldOn` takes another ground: real hosts need real time.
 */

import { sweepTombstones } from "../../functions/sweeper/tombstones.ts";
import { wakeOverdue } from "../../functions/sweeper/wake.ts";
import { workThrough } from "../../functions/worker/batch.ts";
import type { WorkerDeps } from "../../functions/worker/deps.ts";
import { makeHetznerFor } from "../../functions/worker/hetzner.ts";
import {
  type Clock,
  type Hosts,
  makeSimulator,
  makeSteppedClock,
  type Simulator,
  type SimulatorOptions,
} from "../../local/hetzner/index.ts";
import { makeSteppedHosts } from "../../local/stand-ins/index.ts";
import type { Artifacts } from "../../shared/artifacts.ts";
import { makeMemoryArtifacts } from "../../shared/artifacts-memory.ts";
import { limits } from "../../shared/config.ts";
import { isOpen, type JobRecord } from "../../shared/domain/job.ts";
import type { NodeRecord } from "../../shared/domain/node.ts";
import type { PlannedJobType } from "../../shared/domain/plans/index.ts";
import { newJob, newNode } from "../../shared/domain/plans/start.ts";
import {
  disconnectedProvider,
  keySecretName,
  type ProviderRecord,
  tokenSecretName,
} from "../../shared/domain/provider.ts";
import type { Tombstone } from "../../shared/domain/tombstone.ts";
import { makeLog } from "../../shared/log.ts";
import {
  type Bundle,
  makeBundle,
  makeKeyPair,
  type SshCommand,
  type SshOutcome,
  type SshTarget,
} from "../../shared/node/index.ts";
import { toItem } from "../../shared/store/items.ts";
import { findJob } from "../../shared/store/jobs.ts";
import { keys } from "../../shared/store/keys.ts";
import { makeMemoryTable } from "../../shared/store/memory-table.ts";
import { findNode } from "../../shared/store/nodes.ts";
import { createNode, startNodeJob } from "../../shared/store/requests.ts";
import type { Table, Write } from "../../shared/store/table.ts";
import { findTombstone } from "../../shared/store/tombstones.ts";
import { makeMemoryVault } from "../../shared/vault.ts";
import { type Crash, type Interrupts, makeInterrupts } from "./interrupts.ts";
import { makeMemoryQueue } from "./memory-queue.ts";
import { restoreBackup, storeBackup } from "./stand-in-backup.ts";

export const installation = "018f0000-0000-7000-8000-0000000000aa";
/** Looks like Hetzner's; searched for everywhere after every run. */
export const canaryToken = "Canary0Canary1Canary2Canary3Canary4Canary5Canary6Canary7Canary89";
export const startMs = Date.UTC(2026, 10, 22, 12);
/** The login key of every world. */
export const managedKey = makeKeyPair("pressluft-test");
/** What a stand-in keeps of the playbooks; it reads nothing of it. */
export const playbooks = makeBundle(Buffer.from("the playbooks"));
/** Keys cost time to make and are only compared: the harness gives them out of this stock. */
const hostKeyStock = Array.from({ length: 4 }, (_, index) => makeKeyPair(`host-${index}`));

export interface WorldOptions {
  readonly crashes?: readonly Crash[];
  /** Abandon every look once just before its settle, so that every step runs twice. */
  readonly everyStepTwice?: boolean;
  readonly latencyMs?: number;
  /** What nodes are sent; real ones need real playbooks. */
  readonly playbooks?: Bundle;
}

/** The time of a world, and how it passes. */
export interface WorldClock extends Clock {
  /** Lets time pass. */
  advance(ms: number): Promise<void>;
  /** Lets it pass until the work has ended. */
  run<T>(work: Promise<T>): Promise<T>;
}

/** What simulated servers run on, and the way into them. */
export interface WorldHosts extends Hosts {
  run(target: SshTarget, commands: readonly SshCommand[]): Promise<SshOutcome>;
}

export interface Ground<C extends WorldClock, H extends WorldHosts> {
  /** Begins at `startMs`. */
  readonly clock: C;
  readonly hosts: H;
  readonly addresses?: SimulatorOptions["ipv4"];
  readonly sshPort: number;
}

type WorldOn<C extends WorldClock, H extends WorldHosts> = Awaited<ReturnType<typeof makeWorldOn<C, H>>>;
/** What can be done and seen in any world. */
export type AnyWorld = WorldOn<WorldClock, WorldHosts>;
export type World = Awaited<ReturnType<typeof makeWorld>>;

export const makeWorld = async (options: WorldOptions = {}) => {
  const clock = makeSteppedClock(startMs);
  const hosts = makeSteppedHosts({ clock, sshReadyMs: 1500, cloudInitMs: 3000 });
  const world = await makeWorldOn({ clock, hosts, sshPort: 2222 }, options);
  hosts.playbooks.usually("backup-create", { end: storeBackup(world.artifacts) });
  hosts.playbooks.usually("env-restore", { end: restoreBackup(world.artifacts) });
  return world;
};

export const makeWorldOn = async <C extends WorldClock, H extends WorldHosts>(
  { clock, hosts, addresses, sshPort }: Ground<C, H>,
  options: WorldOptions = {},
) => {
  const simulator = makeSimulator({
    clock,
    hosts,
    ...(addresses === undefined ? {} : { ipv4: addresses }),
    projects: [
      { name: "ours", tokens: [{ value: canaryToken, permission: "rw" }] },
      { name: "theirs", tokens: [{ value: canaryToken.replaceAll("Canary", "Sparrow"), permission: "rw" }] },
    ],
  });
  const stored = makeMemoryTable();
  const vault = makeMemoryVault();
  const queue = makeMemoryQueue(clock.now);
  const artifacts = makeMemoryArtifacts({ now: clock.now });
  const interrupts = makeInterrupts(options.crashes ?? []);
  const logLines: string[] = [];
  const log = makeLog("harness", clock.now, (line) => logLines.push(line));
  let ids = 0;
  let keysUsed = 0;
  const settledOnce = new Set<string>();

  /** A settle that never gets through, the first time each: the look is repeated by the next lease. */
  const isFirstSettle = (write: Write | undefined): boolean => {
    if (!options.everyStepTwice || write === undefined || !("update" in write) || write.set?.wakeSeq === undefined)
      return false;
    const label = `${write.update.pk} ${String(write.set.wakeSeq)}`;
    const first = !settledOnce.has(label);
    settledOnce.add(label);
    return first;
  };
  const table: Table = {
    get: (key) => interrupts.through(`get ${key.sk}`, () => stored.get(key)),
    query: (query) => interrupts.through(`query ${query.pk}`, () => stored.query(query)),
    write: (...writes) =>
      isFirstSettle(writes[0])
        ? interrupts.through("settle lost", () => Promise.reject(new Error("the process stopped before its settle")))
        : interrupts.through(`write ${writes.length}`, () => stored.write(...writes)),
  };
  const wire: typeof fetch = (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    return interrupts.through(`${init?.method ?? "GET"} ${url.pathname}`, () => simulator.wireFetch(input, init));
  };
  const deps: WorkerDeps = {
    table,
    clock,
    log,
    newId: () => {
      ids += 1;
      return `lease-${ids}`;
    },
    queue: { send: (message, delayMs) => interrupts.through("send", () => queue.send(message, delayMs)) },
    readSecret: (name) => interrupts.through("read secret", () => vault.read(name)),
    hetznerFor: makeHetznerFor({ endpoint: "http://hetzner.test/v1", fetch: wire, clock, random: () => 0.5, log }),
    makeHostKey: () => {
      keysUsed += 1;
      const pair = hostKeyStock[keysUsed % hostKeyStock.length];
      if (pair === undefined) throw new Error("no host key in stock");
      return pair;
    },
    runOnHost: (target, commands) => interrupts.through("ssh", () => hosts.run(target, commands)),
    playbooks: options.playbooks ?? playbooks,
    wordpress: { kind: "package" },
    artifacts: throughInterrupts(interrupts, artifacts),
  };
  await connect(stored, vault);

  /** One invocation of the worker over what is due; a crash abandons it. */
  const invokeWorker = async (): Promise<void> => {
    const batch = queue.receive(limits.batchSize);
    if (batch.length === 0) return;
    const done = workThrough(deps, batch, limits.workerTimeoutSeconds * 1000);
    const failed = await clock.run(Promise.race([done, interrupts.crashed()]));
    if (failed === "crashed") return interrupts.revive();
    for (const { messageId } of batch) if (!failed.includes(messageId)) queue.acknowledge(messageId);
  };
  const invokeSweeper = async (): Promise<void> => {
    const done = wakeOverdue(deps).then(() => sweepTombstones(deps));
    const result = await clock.run(Promise.race([done, interrupts.crashed()]).catch(() => "failed" as const));
    if (result === "crashed") interrupts.revive();
  };

  let nextSweepMs = startMs + 60_000;
  /** Each minute while there are messages or open jobs; else the minute in which the next tombstone is due. */
  const nextSweepAfter = (nowMs: number): number => {
    const due = stored
      .dump()
      .flatMap((item) => (typeof item.work_sk === "string" && item.sk !== "NODE" ? [Date.parse(item.work_sk)] : []));
    const idle = queue.nextVisibleAtMs() === undefined && due.length > 0;
    return Math.max(nowMs + 60_000, idle ? Math.min(...due) : 0);
  };
  /** Moves time from event to event until `isOver`, at most for `limitMs`. */
  const runUntil = async (isOver: () => Promise<boolean>, limitMs: number): Promise<void> => {
    const untilMs = clock.now() + limitMs;
    while (!(await isOver())) {
      const nextMs = Math.min(queue.nextVisibleAtMs() ?? Number.POSITIVE_INFINITY, nextSweepMs);
      if (nextMs > untilMs) return clock.advance(Math.max(0, untilMs - clock.now()));
      await clock.advance(Math.max(0, nextMs - clock.now()));
      await invokeWorker();
      if (clock.now() >= nextSweepMs) {
        await invokeSweeper();
        nextSweepMs = nextSweepAfter(clock.now());
      }
    }
  };

  return {
    clock,
    simulator,
    hosts,
    vault,
    queue,
    artifacts,
    interrupts,
    table: stored,
    logLines,
    deps,
    invokeWorker,
    invokeSweeper,
    runUntil,
    job: (id: string) => must(findJob(stored, id)),
    node: (id: string) => must(findNode(stored, id)),
    tombstone: (nodeId: string): Promise<Tombstone | undefined> => findTombstone(stored, nodeId),
    order: (name: string) => order({ table: stored, queue, sshPort, nowMs: clock.now() }, name),
    remove: (nodeId: string) => remove({ table: stored, queue, nowMs: clock.now() }, nodeId),
    servers: () => ourServers(simulator),
  };
};

/** Calls to S3 are points as well; an address is signed without asking anybody. */
const throughInterrupts = ({ through }: Interrupts, artifacts: Artifacts): Artifacts => ({
  ...artifacts,
  openUpload: (key) => through("S3 open", () => artifacts.openUpload(key)),
  completeUpload: (upload) => through("S3 complete", () => artifacts.completeUpload(upload)),
  abortUpload: (upload) => through("S3 abort", () => artifacts.abortUpload(upload)),
  head: (key) => through("S3 head", () => artifacts.head(key)),
});

/** An order or a removal that was asked for. */
export interface Run {
  readonly nodeId: string;
  readonly jobId: string;
}

/** Runs until the job has ended; every job has a total time, so this ends. */
export const runJob = (world: Pick<AnyWorld, "job" | "runUntil">, { jobId }: Run): Promise<void> =>
  world.runUntil(async () => !isOpen(await world.job(jobId)), 8 * 3_600_000);

const must = async <T>(found: Promise<T | undefined>): Promise<T> => {
  const value = await found;
  if (value === undefined) throw new Error("not in the table");
  return value;
};

const ourServers = (simulator: Simulator) =>
  simulator.state().projects.find(({ name }) => name === "ours")?.servers ?? [];

/** A connected provider, as a successful connect leaves it; the key is not in the project yet. */
const connect = async (table: Table, vault: ReturnType<typeof makeMemoryVault>): Promise<void> => {
  const tokenSecret = tokenSecretName(installation, "018f0000-0000-7000-8000-0000000000bb");
  const secretName = keySecretName(installation, "hetzner");
  await vault.create(tokenSecret, canaryToken, { description: "token" });
  await vault.create(secretName, managedKey.privateKey, { description: managedKey.publicKey });
  const { publicKey, fingerprintMd5 } = managedKey;
  const provider: ProviderRecord = {
    ...disconnectedProvider("hetzner", startMs),
    status: "connected",
    tokenSecret,
    tokenVerified: true,
    managedKey: { secretName, publicKey, fingerprintMd5, hetznerId: null },
    connectedAtMs: startMs,
    version: 1,
  };
  await table.write({ put: toItem(keys.provider("hetzner"), provider) });
  await table.write({ put: { ...keys.installation(), id: installation } });
};

interface Asking {
  table: Table;
  queue: { send: WorkerDeps["queue"]["send"] };
  nowMs: number;
}

let orders = 0;
const freshId = (): string => {
  orders += 1;
  return `018f0000-0000-7000-8000-${orders.toString(16).padStart(12, "0")}`;
};

const audit = (nodeId: string, jobId: string, nowMs: number) => ({
  id: freshId(),
  atMs: nowMs,
  actor: "test",
  action: "test",
  nodeId,
  jobId,
});

const jobFor = (jobType: PlannedJobType, jobId: string, node: NodeRecord, nowMs: number): JobRecord =>
  newJob({ jobId, jobType, installation, node, nowMs });

const order = async ({ table, queue, nowMs, sshPort }: Asking & { sshPort: number }, name: string) => {
  const [nodeId, jobId] = [freshId(), freshId()];
  const choice = { serverType: "cx23", location: "nbg1", image: "debian-12" };
  const node = newNode({
    nodeId,
    jobId,
    nowMs,
    name,
    ...choice,
    providerId: "hetzner",
    monthlyCostCents: 499,
    sshPort,
    sshUser: "root",
  });
  const job = jobFor("node_provision", jobId, node, nowMs);
  const created = await createNode(table, { node, job, audit: audit(nodeId, jobId, nowMs), idempotency: null, nowMs });
  if (created.kind !== "created") throw new Error(`the order was not taken: ${created.kind}`);
  await queue.send({ v: 1, job_id: jobId, seq: 0 }, 0);
  return { nodeId, jobId };
};

const remove = async ({ table, queue, nowMs }: Asking, nodeId: string) => {
  const before = await must(findNode(table, nodeId));
  const jobId = freshId();
  const after: NodeRecord = {
    ...before,
    openJobId: jobId,
    lastJobId: jobId,
    serverState: "deleting",
    updatedAtMs: nowMs,
  };
  const job = jobFor("node_delete", jobId, before, nowMs);
  const started = await startNodeJob(table, { before, after, job, audit: audit(nodeId, jobId, nowMs) });
  if (!started.started) throw new Error("the node is taken");
  await queue.send({ v: 1, job_id: jobId, seq: 0 }, 0);
  return { nodeId, jobId };
};
