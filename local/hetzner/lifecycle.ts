import { endsMs } from "./actions.ts";
import { ipv4Of, linkAddress, releaseAddresses, unlinkAddress } from "./addresses.ts";
import type { ActionRecord, Change, LateCommit, ServerEvent, ServerRecord } from "./records.ts";
import { type HostEvent, removeFrom, type World } from "./world.ts";

const cancelled = { code: "action_failed", message: "Action failed" };
const backupWindow = "22-02";

/** Notes what the machine of a server must be told. */
export function tellHosts(world: World, kind: HostEvent["kind"], server: ServerRecord): void {
  world.hostEvents.push({ kind, server: structuredClone(server), ipv4: ipv4Of(world, server) });
}

/** A guest that was asked to shut down and has something else to do now. */
function forgetPowerOff(world: World, server: ServerRecord): void {
  world.data.powerOffs = world.data.powerOffs.filter((event) => event.serverId !== server.id);
}

function removeBackups(world: World, server: ServerRecord): void {
  world.data.snapshots = world.data.snapshots.filter((image) => image.boundTo !== server.id);
}

/** Takes a server out of the world: its addresses are free and its name can be used again. */
function removeServer(world: World, server: ServerRecord): void {
  tellHosts(world, "destroy", server);
  releaseAddresses(world, server);
  removeBackups(world, server);
  forgetPowerOff(world, server);
  removeFrom(world.data.servers, server);
}

function end(action: ActionRecord, atMs: number, error: ActionRecord["error"]): void {
  action.status = error === null ? "success" : "error";
  action.error = error;
  action.finishedMs = atMs;
}

/** Power on, or a power cycle. The rescue system is good for one boot. */
function boot(world: World, server: ServerRecord): void {
  forgetPowerOff(world, server);
  server.status = "running";
  server.rescueEnabled = false;
  tellHosts(world, "boot", server);
}

/** What a good end of a power verb does. One that finds nothing to do does nothing, as a power button would. */
function succeedAtPower(world: World, action: ActionRecord, server: ServerRecord, atMs: number): void {
  const wasOff = action.statusBefore === "off";
  switch (action.command) {
    case "start_server":
      if (action.staysOff) server.status = "off";
      else if (action.statusBefore === "running") server.status = "running";
      else boot(world, server);
      return;
    case "stop_server":
      server.status = "off";
      if (!wasOff) tellHosts(world, "stop", server);
      return;
    case "shutdown_server":
      // The action says that the guest was asked; it is off a while later.
      if (wasOff) return;
      world.data.powerOffs.push({ dueMs: atMs + world.latency.startMs, serverId: server.id });
      tellHosts(world, "shutdown", server);
      return;
    case "reboot_server":
      server.status = action.statusBefore;
      if (wasOff) return;
      forgetPowerOff(world, server);
      server.rescueEnabled = false;
      tellHosts(world, "reboot", server);
      return;
    case "reset_server":
      boot(world, server);
  }
}

function rebuild(world: World, server: ServerRecord, change: Extract<Change, { kind: "rebuild" }>): void {
  tellHosts(world, "destroy", server);
  server.image = change.image;
  server.userData = change.userData ?? server.userData;
  boot(world, server);
}

function applyToServer(world: World, server: ServerRecord, change: Change): void {
  switch (change.kind) {
    case "server_protection":
      server.protection = { delete: change.delete, rebuild: change.rebuild };
      return;
    case "rebuild":
      rebuild(world, server, change);
      return;
    case "server_type":
      server.serverTypeId = change.serverTypeId;
      server.diskGb = change.diskGb;
      boot(world, server);
  }
}

/** What a good end does to the server. */
function succeed(world: World, action: ActionRecord, server: ServerRecord, atMs: number): void {
  switch (action.command) {
    case "create_server":
      server.status = "off";
      return;
    case "delete_server":
      removeServer(world, server);
      return;
    case "enable_rescue":
    case "disable_rescue":
      server.rescueEnabled = action.command === "enable_rescue";
      return;
    case "enable_backup":
      server.backupWindow = backupWindow;
      return;
    case "disable_backup":
      server.backupWindow = null;
      removeBackups(world, server);
      return;
    default:
      if (action.change !== null) applyToServer(world, server, action.change);
      else succeedAtPower(world, action, server, atMs);
  }
}

/** What a bad end does to the server: it stays, billed; one that was to come up is off. */
function fail(action: ActionRecord, server: ServerRecord): void {
  const wasComingUp = action.command === "create_server" || action.command === "start_server";
  server.status = wasComingUp && action.statusBefore !== "running" ? "off" : action.statusBefore;
}

/** What an end does to an image: one that could not be made is gone. */
function endImage(world: World, action: ActionRecord): void {
  const image = world.data.snapshots.find((candidate) => candidate.id === action.imageId);
  if (image === undefined) return;
  if (action.command === "create_image") {
    if (action.failure === null) image.status = "available";
    else removeFrom(world.data.snapshots, image);
  } else if (action.failure === null && action.change?.kind === "image_protection") {
    image.protection = { delete: action.change.delete };
  }
}

/** What a good end does to an address. */
function succeedAtAddress(world: World, action: ActionRecord): void {
  const { change } = action;
  const id = change?.kind === "dns_ptr" ? change.primaryIpId : action.primaryIpId;
  const address = world.data.primaryIps.find((candidate) => candidate.id === id);
  if (address === undefined) return;
  const server = world.data.servers.find((candidate) => candidate.id === action.serverId);
  if (action.command === "assign_primary_ip" && server !== undefined) linkAddress(server, address);
  if (action.command === "unassign_primary_ip") unlinkAddress(world, address);
  if (change?.kind === "primary_ip_protection") address.protection = { delete: change.delete };
  if (change?.kind !== "dns_ptr") return;
  if (change.dnsPtr === null) delete address.dnsPtr[change.ip];
  else address.dnsPtr[change.ip] = change.dnsPtr;
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

/** Commands on a server that change the server itself; the others only lock it. */
const besideServer: readonly ActionRecord["command"][] = [
  "create_image",
  "change_dns_ptr",
  "reset_password",
  "request_console",
  "assign_primary_ip",
  "unassign_primary_ip",
];

function endAction(world: World, action: ActionRecord, atMs: number): void {
  end(action, atMs, action.failure);
  endImage(world, action);
  if (action.failure === null) succeedAtAddress(world, action);
  const server = world.data.servers.find((candidate) => candidate.id === action.serverId);
  if (server === undefined || besideServer.includes(action.command)) return;
  if (action.failure === null) succeed(world, action, server, atMs);
  else fail(action, server);
  beginFollowers(world, action, server, atMs);
}

/** Deletes a server as a person at the console would: at once, and what ran on it has failed. False when it is gone. */
export function deleteByHand(world: World, serverId: number, atMs: number): boolean {
  const server = world.data.servers.find((candidate) => candidate.id === serverId);
  if (server === undefined) return false;
  const running = world.data.actions.filter((action) => action.serverId === serverId && action.status === "running");
  for (const action of running) {
    action.failure = cancelled;
    end(action, atMs, cancelled);
    endImage(world, action);
  }
  removeServer(world, server);
  return true;
}

/** A guest that was asked to shut down is off now; its machine knows already. */
function powerOff(world: World, { serverId }: ServerEvent): void {
  const server = world.data.servers.find((candidate) => candidate.id === serverId);
  if (server?.status === "running") server.status = "off";
}

interface Due {
  readonly dueMs: number;
  readonly happen: () => void;
}

const eventsOf = <T extends { readonly dueMs: number }>(items: T[], happen: (item: T) => void): Due[] =>
  items.map((item) => ({
    dueMs: item.dueMs,
    happen: () => {
      removeFrom(items, item);
      happen(item);
    },
  }));

function dueEvents(world: World, commitLate: (late: LateCommit) => void): Due[] {
  const { actions, lateCommits, handDeletes, powerOffs } = world.data;
  const ends = actions.flatMap((action): Due[] => {
    const dueMs = endsMs(action);
    return dueMs === null ? [] : [{ dueMs, happen: () => endAction(world, action, dueMs) }];
  });
  return [
    ...ends,
    ...eventsOf(powerOffs, (event) => powerOff(world, event)),
    ...eventsOf(lateCommits, commitLate),
    ...eventsOf(handDeletes, (event) => deleteByHand(world, event.serverId, event.dueMs)),
  ];
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
