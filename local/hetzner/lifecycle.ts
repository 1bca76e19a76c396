import { endsMs } from "./actions.ts";
import { ipv4Of, releaseAddresses } from "./addresses.ts";
import {
  type ActionRecord,
  type HostEvent,
  type LateCommit,
  removeFrom,
  type ServerRecord,
  type World,
} from "./world.ts";

const cancelled = { code: "action_failed", message: "Action failed" };

function tellHosts(world: World, kind: HostEvent["kind"], server: ServerRecord): void {
  world.hostEvents.push({ kind, server, ipv4: ipv4Of(world, server) });
}

/** Takes a server out of the world: its addresses are free and its name can be used again. */
function removeServer(world: World, server: ServerRecord): void {
  tellHosts(world, "destroy", server);
  releaseAddresses(world, server);
  removeFrom(world.data.servers, server);
}

function end(action: ActionRecord, atMs: number, error: ActionRecord["error"]): void {
  action.status = error === null ? "success" : "error";
  action.error = error;
  action.finishedMs = atMs;
}

/** What a good end does to the server. */
function succeed(world: World, action: ActionRecord, server: ServerRecord): void {
  switch (action.command) {
    case "create_server":
      server.status = "off";
      return;
    case "start_server":
      server.status = action.staysOff ? "off" : "running";
      if (!action.staysOff) tellHosts(world, "boot", server);
      return;
    case "stop_server":
    case "shutdown_server":
      server.status = "off";
      tellHosts(world, "stop", server);
      return;
    case "reboot_server":
    case "reset_server":
      server.status = "running";
      tellHosts(world, "stop", server);
      tellHosts(world, "boot", server);
      return;
    case "change_protection":
      if (action.protection !== null) server.protection = action.protection;
      return;
    case "delete_server":
      removeServer(world, server);
  }
}

/** What a bad end does to the server: it stays, billed; one that was to come up is off. */
function fail(action: ActionRecord, server: ServerRecord): void {
  const wasComingUp = action.command === "create_server" || action.command === "start_server";
  server.status = wasComingUp ? "off" : action.statusBefore;
}

function beginFollowers(world: World, action: ActionRecord, server: ServerRecord, atMs: number): void {
  for (const follower of world.data.actions.filter((candidate) => candidate.after === action.id)) {
    if (action.error !== null) end(follower, atMs, cancelled);
    else {
      follower.beginsMs = atMs;
      server.status = "starting";
    }
  }
}

function endAction(world: World, action: ActionRecord, atMs: number): void {
  end(action, atMs, action.failure);
  const server = world.data.servers.find((candidate) => candidate.id === action.serverId);
  if (server === undefined) return;
  if (action.failure === null) succeed(world, action, server);
  else fail(action, server);
  beginFollowers(world, action, server, atMs);
}

/** Deletes a server as a person at the console would: at once, and what ran on it has failed. False when it is gone. */
export function deleteByHand(world: World, serverId: number, atMs: number): boolean {
  const server = world.data.servers.find((candidate) => candidate.id === serverId);
  if (server === undefined) return false;
  const running = world.data.actions.filter((action) => action.serverId === serverId && action.status === "running");
  for (const action of running) end(action, atMs, cancelled);
  removeServer(world, server);
  return true;
}

interface Due {
  readonly dueMs: number;
  readonly happen: () => void;
}

function dueEvents(world: World, commitLate: (late: LateCommit) => void): Due[] {
  const { actions, lateCommits, handDeletes } = world.data;
  const ends = actions.flatMap((action): Due[] => {
    const dueMs = endsMs(action);
    return dueMs === null ? [] : [{ dueMs, happen: () => endAction(world, action, dueMs) }];
  });
  const commits = lateCommits.map((late): Due => {
    const happen = () => {
      removeFrom(lateCommits, late);
      commitLate(late);
    };
    return { dueMs: late.dueMs, happen };
  });
  const deletes = handDeletes.map((hand): Due => {
    const happen = () => {
      removeFrom(handDeletes, hand);
      deleteByHand(world, hand.serverId, hand.dueMs);
    };
    return { dueMs: hand.dueMs, happen };
  });
  return [...ends, ...commits, ...deletes];
}

const earliest = (events: readonly Due[]): Due | undefined =>
  events.reduce<Due | undefined>(
    (first, event) => (first === undefined || event.dueMs < first.dueMs ? event : first),
    undefined,
  );

/** The next instant at which the world changes by itself, or null. */
export function nextDueMs(world: World): number | null {
  return earliest(dueEvents(world, () => undefined))?.dueMs ?? null;
}

/**
 * Lets everything happen that is due by `nowMs`, in order and each at its own instant, however late this is called.
 * `commitLate` does a write whose answer was given before.
 */
export function settle(world: World, nowMs: number, commitLate: (late: LateCommit) => void): void {
  for (;;) {
    const event = earliest(dueEvents(world, commitLate));
    if (event === undefined || event.dueMs > nowMs) return;
    event.happen();
  }
}
