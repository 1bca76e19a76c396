import type { Fault, FaultName } from "./fault-kinds.ts";
import type { ActionRecord, PrimaryIpRecord, ServerRecord, SnapshotRecord } from "./records.ts";
import { takeId, type World } from "./world.ts";

const actionFaults: readonly FaultName[] = [
  "action_error",
  "action_stuck",
  "action_missing",
  "sold_out_in_action",
  "start_failed",
  "stays_off",
];

const messages: Readonly<Record<string, string>> = {
  action_failed: "Action failed",
  unknown_error: "Unknown Error",
  resource_unavailable: "error during placement",
  placement_error: "error during placement",
};

/** What an action is about, and locks meanwhile: at least one of them. */
export interface Targets {
  readonly server?: ServerRecord | undefined;
  readonly image?: SnapshotRecord | undefined;
  readonly address?: PrimaryIpRecord | undefined;
}

/** What a new action is made of. */
export interface ActionRequest extends Targets {
  readonly project: string;
  readonly command: ActionRecord["command"];
  readonly durationMs: number;
  readonly nowMs: number;
  /** The action that must succeed first. */
  readonly after?: ActionRecord;
  readonly change?: ActionRecord["change"];
  readonly faults: readonly Fault[];
  /** Whether it is the first action of its request: the one an action fault means by default. */
  readonly isFirst?: boolean;
}

/** Makes an action, with what the faults of its request have in store for it. */
export function addAction(world: World, request: ActionRequest): ActionRecord {
  const { project, server, image, address, command, nowMs, after, durationMs } = request;
  const action: ActionRecord = {
    id: takeId(world.data, "action"),
    project,
    command,
    serverId: server?.id ?? null,
    imageId: image?.id ?? null,
    primaryIpId: address?.id ?? null,
    startedMs: nowMs,
    beginsMs: after === undefined ? nowMs : null,
    after: after?.id ?? null,
    durationMs,
    failure: null,
    status: "running",
    finishedMs: null,
    error: null,
    missing: false,
    staysOff: false,
    statusBefore: server?.status ?? "unknown",
    change: request.change ?? null,
  };
  for (const fault of request.faults) {
    if (meansAction(fault, command, request.isFirst ?? true)) applyFault(action, fault);
  }
  world.data.actions.push(action);
  return action;
}

function meansAction(fault: Fault, command: string, isFirst: boolean): boolean {
  if (!actionFaults.includes(fault.kind)) return false;
  if (fault.kind === "sold_out_in_action") return command === "create_server";
  if (fault.kind === "start_failed" || fault.kind === "stays_off") return command === "start_server";
  return fault.command === undefined ? isFirst : fault.command === command;
}

function applyFault(action: ActionRecord, fault: Fault): void {
  switch (fault.kind) {
    case "action_stuck":
      action.durationMs = fault.seconds === undefined ? null : fault.seconds * 1000;
      return;
    case "action_missing":
      action.missing = true;
      return;
    case "stays_off":
      action.staysOff = true;
      return;
    default:
      action.failure = failureOf(fault);
  }
}

const defaultCodes: Partial<Record<FaultName, string>> = {
  sold_out_in_action: "resource_unavailable",
  start_failed: "unknown_error",
};

function failureOf(fault: Fault): { code: string; message: string } {
  const code = fault.code ?? defaultCodes[fault.kind] ?? "action_failed";
  return { code, message: fault.message ?? messages[code] ?? "Action failed" };
}

/** When an action ends, or null while nothing says so. */
export function endsMs(action: ActionRecord): number | null {
  if (action.status !== "running" || action.beginsMs === null || action.durationMs === null) return null;
  return action.beginsMs + action.durationMs;
}

/** Whether an action runs, or waits to run, on any of these. */
export function isBusy(world: World, { server, image, address }: Targets): boolean {
  return world.data.actions.some(
    (action) =>
      action.status === "running" &&
      ((server !== undefined && action.serverId === server.id) ||
        (image !== undefined && action.imageId === image.id) ||
        (address !== undefined && action.primaryIpId === address.id)),
  );
}
