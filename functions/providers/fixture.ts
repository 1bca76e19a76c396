/** The words the tests of this folder are written in: the real handlers over the simulator at the wire, time standing still. */
import { makeFixture, tokens } from "../../local/hetzner/fixture.ts";
import type { SimulatorOptions } from "../../local/hetzner/index.ts";
import { newNode } from "../../shared/domain/plans/start.ts";
import { makeLog } from "../../shared/log.ts";
import { makeKeyPair } from "../../shared/node/keys.ts";
import { makeMemoryTable } from "../../shared/store/memory-table.ts";
import { nodeItem } from "../../shared/store/nodes.ts";
import { findProvider } from "../../shared/store/providers.ts";
import type { Table } from "../../shared/store/table.ts";
import { makeMemoryVault, type Vault } from "../../shared/vault.ts";
import { ApiProblem, type Call } from "../http/edge.ts";
import { type Clock, makeHetznerFor, type ProvidersDeps } from "./deps.ts";
import { makeProvidersHandlers } from "./handlers.ts";

export { tokens };

const actor = { kind: "session", id: "session-1", email: "operator@example.com" } as const;
const defaults = { serverType: "cx23", location: "fsn1", image: "debian-13" };
const params = { provider_id: "hetzner" } as const;

/** Where an invocation ends without a word: at its `at`-th call to anything outside, before or after that took effect. */
export interface CrashPoint {
  readonly at: number;
  readonly effect: "before" | "after";
}

/** Guards calls to the outside. Once crashed nothing of the invocation goes on: its promises never settle. */
const makeGuard = (point: CrashPoint | undefined) => {
  let calls = 0;
  const guard = async <T>(work: () => Promise<T>): Promise<T> => {
    calls += 1;
    if (point !== undefined && calls > point.at) return new Promise(() => undefined);
    if (calls !== point?.at) return work();
    if (point.effect === "after") await work();
    return new Promise(() => undefined);
  };
  return { guard, crashed: () => point !== undefined && calls >= point.at };
};

type Guard = ReturnType<typeof makeGuard>["guard"];

/** Nobody wakes up in an invocation that has ended. */
const guardClock = (clock: Clock, crashed: () => boolean): Clock => ({
  now: () => clock.now(),
  sleep: async (ms, signal) => {
    await clock.sleep(ms, signal);
    if (crashed()) await new Promise(() => undefined);
  },
});

const guardTable = (table: Table, guard: Guard): Table => ({
  get: (key) => guard(() => table.get(key)),
  write: (...writes) => guard(() => table.write(...writes)),
  query: (query) => guard(() => table.query(query)),
});

const guardVault = (vault: Vault, guard: Guard): Vault => ({
  create: (name, value, about) => guard(() => vault.create(name, value, about)),
  read: (name) => guard(() => vault.read(name)),
  describe: (name) => guard(() => vault.describe(name)),
  destroy: (name) => guard(() => vault.destroy(name)),
});

export const makeProvidersFixture = (options: Partial<SimulatorOptions> = {}) => {
  const { clock, simulator } = makeFixture(options);
  const [table, vault, lines] = [makeMemoryTable(), makeMemoryVault(), [] as string[]];
  let ids = 0;

  const makeDeps = (point?: CrashPoint) => {
    const { guard, crashed } = makeGuard(point);
    const mortal = guardClock(clock, crashed);
    const wire = { endpoint: "https://api.hetzner.cloud/v1", clock: mortal, random: () => 0.5 };
    const guardedFetch: typeof fetch = (input, init) => guard(() => simulator.wireFetch(input, init));
    const log = makeLog("test", clock.now, (line) => lines.push(line));
    const deps: ProvidersDeps = {
      table: guardTable(table, guard),
      vault: guardVault(vault, guard),
      hetznerFor: makeHetznerFor({ ...wire, log, fetch: guardedFetch }),
      clock: mortal,
      log,
      makeId: () => `0190a5d0-0000-7000-8000-${String(++ids).padStart(12, "0")}`,
      makeKeyPair,
      defaults,
    };
    return { deps, crashed };
  };

  const callOf = <B>(body: B) => ({ query: undefined, body, actor, requestId: "r", idempotencyKey: null });
  const run = <T>(work: Promise<T>): Promise<T> => clock.run(work);
  const handlersAt = (point?: CrashPoint) => makeProvidersHandlers(makeDeps(point).deps);
  const connectCall = (token: string): Call<"connectProvider"> => ({
    ...callOf({ provider_id: "hetzner" as const, api_token: token }),
    params: undefined,
    nowMs: clock.now(),
  });
  const namedCall = () => ({ ...callOf(undefined), params, nowMs: clock.now() });

  return {
    clock,
    simulator,
    table,
    vault,
    lines,
    makeDeps,
    deps: makeDeps().deps,
    run,
    connect: (token: string) => run(handlersAt().connectProvider(connectCall(token))).then(({ body }) => body),
    check: () => run(handlersAt().checkProvider(namedCall())).then(({ body }) => body),
    disconnect: () => run(handlersAt().disconnectProvider(namedCall())).then(({ body }) => body),
    get: () => run(handlersAt().getProvider(namedCall())).then(({ body }) => body),
    list: () => run(handlersAt().listProviders({ ...namedCall(), params: undefined })).then(({ body }) => body),
    options: () => run(handlersAt().getProviderOptions(namedCall())).then(({ body }) => body),
    connectCall,
    namedCall,
    record: () => findProvider(table, "hetzner"),
    tokenSecrets: () => vault.names().filter((name) => name.includes("/token/")),
    keysOf: (project: string) => simulator.state().projects.find(({ name }) => name === project)?.ssh_keys ?? [],
    writesTo: () => simulator.requests().filter(({ method }) => method !== "GET"),
  };
};

export type ProvidersFixture = ReturnType<typeof makeProvidersFixture>;

/** What a call that must fail answers with. */
export const problemOf = async (call: Promise<unknown>): Promise<ApiProblem> => {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ApiProblem) return error;
  throw new Error("there was no problem", { cause: error });
};

/** A node in the table, with the server's id at Hetzner if it has one. */
export const addNode = async ({ table, clock }: ProvidersFixture, serverId: number | null): Promise<void> => {
  const order = { serverType: "cx23", location: "fsn1", image: "debian-13", monthlyCostCents: 475 };
  const ssh = { sshPort: 22, sshUser: "root" };
  const ids = { nodeId: crypto.randomUUID(), jobId: crypto.randomUUID(), providerId: "hetzner" as const };
  const node = newNode({ ...ids, ...order, ...ssh, name: undefined, nowMs: clock.now() });
  await table.write({ put: nodeItem({ ...node, serverId }) });
};
