import { makeByHand } from "./by-hand.ts";
import { control } from "./control.ts";
import type { Fault } from "./fault-kinds.ts";
import { type HostsDriver, makeHostsDriver } from "./hosts-driver.ts";
import { presentSnapshot } from "./images.ts";
import { nextDueMs, settle, tellHosts } from "./lifecycle.ts";
import { briefLatency, type HostFault, type SimulatorOptions } from "./options.ts";
import { renderPage } from "./page.ts";
import { presentAction, presentPrimaryIp, presentServer, presentSshKey } from "./present.ts";
import { type ServerRecord, type WorldData, worldSchema } from "./records.ts";
import { makeRequestLog, type RequestLog, type RouteCount, type ServedRequest } from "./request-log.ts";
import { commitLate, type Serving, serve } from "./serve.ts";
import { tokenScrubber } from "./tokens.ts";
import { makeWireFetch, toResponse, untilAborted } from "./wire.ts";
import { emptyWorld, type World } from "./world.ts";

/** What a project holds, as the API shows it; lists here hide nothing. */
export interface ProjectState {
  readonly name: string;
  readonly servers: readonly ReturnType<typeof presentServer>[];
  readonly ssh_keys: readonly ReturnType<typeof presentSshKey>[];
  readonly actions: readonly ReturnType<typeof presentAction>[];
  readonly primary_ips: readonly ReturnType<typeof presentPrimaryIp>[];
  /** Snapshots and backups. */
  readonly images: readonly ReturnType<typeof presentSnapshot>[];
}

/** Everything held, as plain data. */
export interface SimulatorState {
  readonly nowMs: number;
  readonly projects: readonly ProjectState[];
  /** What calls to the hosts failed with. */
  readonly hostFailures: readonly string[];
}

/** A planned fault and how many requests it has matched. */
export interface PlannedFault {
  readonly fault: Fault;
  readonly matched: number;
}

/** A request to any of the simulator's paths, its body read. */
export interface Received {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  /** Of a body above 1 MiB the first bytes, more than 1 MiB, are enough: it is refused. */
  readonly text: string;
  readonly signal: AbortSignal;
}

/** A Hetzner Cloud of one process. */
export interface Simulator {
  /** Serves /v1/.., /_control/.. and the page at /. Rejects with what `fetch` rejects with on a reset. */
  fetch(request: Request): Promise<Response>;
  /** The same for what no `Request` can hold, such as the method TRACE. */
  receive(received: Received): Promise<Response>;
  /** The same as a `fetch` to hand to a client. */
  readonly wireFetch: typeof fetch;
  /** Has a listener told of each request to the API when it was done, whatever becomes of its answer. */
  whenServed(listener: () => void): void;
  state(): SimulatorState;
  /** Every request to the API, oldest first; the last 20,000. */
  requests(): readonly ServedRequest[];
  /** How many requests each route has served, by outcome; none is ever left out. */
  counts(): readonly RouteCount[];
  /** Empties the log and the counts; the numbers of requests go on. */
  forgetRequests(): void;
  /** Plans faults, all or none. Throws for a route, a method or a command that there is not. */
  plan(...faults: readonly Fault[]): void;
  planned(): readonly PlannedFault[];
  clearPlan(): void;
  /** The server of this name in any project. */
  serverByName(name: string): ProjectState["servers"][number] | undefined;
  /** Deletes a server as a person at the console would; false when there is none. */
  deleteByHand(serverId: number): boolean;
  /** Takes delete protection off; false when there is no such server. */
  unprotect(serverId: number): boolean;
  /** Deletes a token; false when no project has it. */
  revokeToken(value: string): boolean;
  /**
   * Puts a running server of somebody else into a project and gives its id. Throws for a project that there is not, and
   * for a name or labels that the API would refuse.
   */
  addServer(server: { project: string; name: string; labels?: Record<string, string> }): number;
  /** Puts an unassigned IPv4 address into a project and gives its id. Throws for a project that there is not. */
  addPrimaryIp(options: { project: string }): number;
  /**
   * Passes a fault on to the machine of a server, after what was passed on before. Resolves when it has happened;
   * `no_faults` when the hosts know none. Rejects with what the hosts reject with.
   */
  hostFault(serverId: number, fault: HostFault): Promise<"done" | "no_server" | "no_faults">;
  /**
   * Changes the catalogue's flag (`available`) or the real stock (`inStock`), which need not agree. Throws for a type or a
   * location that there is not, and when it would change nothing.
   */
  setStock(stock: {
    serverType: string;
    location: string;
    available?: boolean | undefined;
    inStock?: boolean | undefined;
  }): void;
  /** The whole state as text for `options.snapshot`. Holds user data; no tokens. */
  snapshot(): string;
  /** Ends the simulator's own waiting and resolves when its hosts are idle. */
  close(): Promise<void>;
}

const seedDefault = 1;

function loadWorld(options: SimulatorOptions): World {
  const data: WorldData =
    options.snapshot === undefined
      ? emptyWorld(options.seed ?? seedDefault)
      : worldSchema.parse(JSON.parse(options.snapshot));
  const { projects, latency = briefLatency, ipv4 = { ipv4Prefix: "198.18" }, hosts } = options;
  return { data, projects, latency, ipv4, bootable: hosts?.images ?? null, hostEvents: [] };
}

function stateOf(world: World, nowMs: number): readonly ProjectState[] {
  const { servers, sshKeys, actions, primaryIps, snapshots } = world.data;
  return world.projects.map(({ name }) => {
    const own = (item: { readonly project: string }) => item.project === name;
    return {
      name,
      servers: servers.filter(own).map((server) => presentServer(world, server)),
      ssh_keys: sshKeys.filter(own).map(presentSshKey),
      actions: actions.filter(own).map((action) => presentAction(action, nowMs)),
      primary_ips: primaryIps.filter(own).map(presentPrimaryIp),
      images: snapshots.filter(own).map(presentSnapshot),
    };
  });
}

/** Whether the machine of a restored server should be up: not when it was about to shut down. */
function shouldBeUp({ data }: World, server: ServerRecord): boolean {
  const isRebooting = data.actions.some(
    (action) =>
      action.serverId === server.id &&
      action.status === "running" &&
      action.command === "reboot_server" &&
      action.statusBefore === "running",
  );
  const isShuttingDown = data.powerOffs.some((event) => event.serverId === server.id);
  return isRebooting || (server.status === "running" && !isShuttingDown);
}

/** Tells the hosts of a restored state which machines should be up. */
function rebootRunning(world: World): void {
  for (const server of world.data.servers.filter((candidate) => shouldBeUp(world, candidate))) {
    tellHosts(world, "boot", server);
  }
}

/** The world with its clock: what all verbs share. */
export interface Core {
  readonly world: World;
  readonly log: RequestLog;
  readonly driver: HostsDriver;
  /** Cuts every known token out of a text. */
  readonly scrub: (text: string) => string;
  /** To be told of each request to the API that was done. */
  readonly listeners: (() => void)[];
  /** Lets happen what is due and gives the instant. */
  readonly tick: () => number;
  readonly close: () => void;
}

const servingOf = (options: SimulatorOptions, world: World, log: RequestLog): Serving => ({
  world,
  log,
  readonlyStatus: options.readonlyStatus ?? 403,
  readonlyCode: options.readonlyCode ?? "token_readonly",
});

/** Brings world, log and hosts together. Only with hosts does it wait by itself: without them nobody could tell. */
function makeCore(options: SimulatorOptions, world: World): Core {
  const { clock, hosts, projects } = options;
  const scrub = tokenScrubber(projects);
  const log = makeRequestLog(scrub);
  const serving = servingOf(options, world, log);
  const driver = makeHostsDriver(hosts, world);
  const closing = new AbortController();
  let wakeMs = Number.POSITIVE_INFINITY;

  const wakeAt = (dueMs: number | null, nowMs: number): void => {
    if (dueMs === null || dueMs >= wakeMs || closing.signal.aborted) return;
    wakeMs = dueMs;
    const wake = () => {
      wakeMs = Number.POSITIVE_INFINITY;
      tick();
    };
    clock.sleep(Math.max(1, dueMs - nowMs), closing.signal).then(wake, () => undefined);
  };
  const tick = (): number => {
    const nowMs = clock.now();
    settle(world, nowMs, (late) => commitLate(serving, late));
    driver.pump();
    if (hosts !== undefined) wakeAt(nextDueMs(world), nowMs);
    return nowMs;
  };
  return { world, log, driver, scrub, listeners: [], tick, close: () => closing.abort() };
}

/** The API: everything below /v1. */
function makeApi(options: SimulatorOptions, core: Core): (received: Received) => Promise<Response> {
  const { clock } = options;
  const { world, log, tick } = core;
  const serving = servingOf(options, world, log);
  return async ({ method, url, headers, text, signal }) => {
    if (world.latency.requestMs > 0) await clock.sleep(world.latency.requestMs);
    const incoming = { method, path: url.pathname.slice("/v1".length), query: url.searchParams, headers, text };
    const outcome = serve(serving, incoming, tick());
    for (const listener of core.listeners) listener();
    // Once more: hosts must hear of what the request itself did, and of when to look again.
    tick();
    if (outcome.type === "answer" && outcome.delayMs > 0) await clock.sleep(outcome.delayMs, signal);
    return toResponse(outcome);
  };
}

type Looks = Pick<Simulator, "state" | "requests" | "counts" | "planned" | "serverByName" | "snapshot">;

function makeLooks({ world, log, driver, tick }: Core): Looks {
  return {
    state: () => {
      const nowMs = tick();
      return { nowMs, projects: stateOf(world, nowMs), hostFailures: [...driver.failures()] };
    },
    requests: () => {
      tick();
      return [...log.all()];
    },
    counts: () => {
      tick();
      return log.counts();
    },
    planned: () => structuredClone(world.data.plan),
    serverByName: (name) => {
      tick();
      const server = world.data.servers.find((candidate) => candidate.name === name);
      return server === undefined ? undefined : presentServer(world, server);
    },
    snapshot: () => {
      tick();
      return JSON.stringify(world.data);
    },
  };
}

/** Makes a simulator. Equal options and equal requests at equal instants give equal answers. */
export function makeSimulator(options: SimulatorOptions): Simulator {
  const world = loadWorld(options);
  const core = makeCore(options, world);
  const api = makeApi(options, core);
  const answer = async (received: Received): Promise<Response> => {
    const { pathname } = received.url;
    if (pathname.startsWith("/v1/")) return api(received);
    if (pathname.startsWith("/_control/")) return control(simulator, received, core.scrub);
    if (pathname !== "/") return new Response("the API is below /v1/", { status: 404 });
    const page = core.scrub(renderPage(simulator)).replaceAll("<token>", "&lt;token&gt;");
    return new Response(page, { headers: { "Content-Type": "text/html; charset=utf-8" } });
  };
  const receive = (received: Received) => untilAborted(answer(received), received.signal);
  const serveRequest = async (request: Request) => {
    const { method, headers, signal } = request;
    return receive({ method, url: new URL(request.url), headers, text: await request.text(), signal });
  };
  const simulator: Simulator = {
    fetch: serveRequest,
    receive,
    wireFetch: makeWireFetch(serveRequest),
    whenServed: (listener) => void core.listeners.push(listener),
    ...makeLooks(core),
    ...makeByHand(core),
    close: async () => {
      core.close();
      await core.driver.idle();
    },
  };
  if (options.snapshot !== undefined) rebootRunning(world);
  core.tick();
  return simulator;
}
