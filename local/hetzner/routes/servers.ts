import * as z from "zod";
import { addAction } from "../actions.ts";
import { ApiError, invalidField, locked, taken } from "../api-error.ts";
import { type Call, checkLabels, labelsSchema, parseBody, type Reply, refuseBody } from "../call.ts";
import { labelFilter, listReply, passesAny, passesName } from "../listing.ts";
import { isLocked, presentAction, presentServer } from "../present.ts";
import { type ActionRecord, getOwn, type ServerRecord } from "../world.ts";
import { actionSort } from "./actions.ts";
import { checkServerName, planHandDelete } from "./server-create.ts";

const find = (call: Call): ServerRecord => getOwn(call.world.data.servers, call.project.name, call.params.id, "server");

/** GET /servers */
export function listServers(call: Call): Reply {
  const matches = labelFilter(call.query);
  const items = call.world.data.servers.filter(
    (server) =>
      server.project === call.project.name &&
      server.hiddenUntilMs <= call.nowMs &&
      passesName(call.query, server.name) &&
      passesAny(call.query, "status", server.status) &&
      matches(server.labels),
  );
  return listReply(call, {
    name: "servers",
    items,
    sort: { id: (server) => server.id, name: (server) => server.name, created: (server) => server.createdMs },
    present: (server) => presentServer(call.world, server),
  });
}

/** GET /servers/{id} */
export function getServer(call: Call): Reply {
  return { status: 200, body: { server: presentServer(call.world, find(call)) } };
}

const updateSchema = z.strictObject({ name: z.string().optional(), labels: labelsSchema.optional() });

/** PUT /servers/{id}: labels replace the whole map. */
export function updateServer(call: Call): Reply {
  const body = parseBody(call, updateSchema);
  if (body.name !== undefined) checkServerName(body.name);
  checkLabels(body.labels);
  const server = find(call);
  const others = call.world.data.servers.filter((other) => other.project === server.project && other !== server);
  if (others.some((other) => other.name === body.name)) throw taken("server name is already used");
  server.name = body.name ?? server.name;
  server.labels = body.labels ?? server.labels;
  return getServer(call);
}

/** DELETE /servers/{id}: the name stays taken until the action has ended. */
export function deleteServer(call: Call): Reply {
  const server = find(call);
  if (isLocked(call.world, server)) throw locked("server");
  if (server.protection.delete) throw new ApiError(423, "protected", "server is protected");
  const { world, nowMs, faults } = call;
  const durationMs = world.latency.deleteMs;
  const action = addAction(world, { server, command: "delete_server", durationMs, nowMs, faults });
  server.status = "deleting";
  return { status: 200, body: { action: presentAction(action, nowMs) } };
}

interface ActionRoute {
  readonly command: ActionRecord["command"];
  readonly meanwhile: ServerRecord["status"] | null;
}

const actionRoutes = {
  poweron: { command: "start_server", meanwhile: "starting" },
  poweroff: { command: "stop_server", meanwhile: "stopping" },
  shutdown: { command: "shutdown_server", meanwhile: "stopping" },
  reboot: { command: "reboot_server", meanwhile: "starting" },
  reset: { command: "reset_server", meanwhile: "starting" },
} as const satisfies Record<string, ActionRoute>;

function actOn(call: Call, server: ServerRecord, route: ActionRoute, protection?: ActionRecord["protection"]): Reply {
  if (isLocked(call.world, server)) throw locked("server");
  const { world, nowMs, faults } = call;
  const durationMs = route.meanwhile === null ? 0 : world.latency.startMs;
  const request = { server, command: route.command, durationMs, nowMs, faults, protection: protection ?? null };
  const action = addAction(world, request);
  server.status = route.meanwhile ?? server.status;
  planHandDelete(call, server);
  return { status: 201, body: { action: presentAction(action, nowMs) } };
}

/** POST /servers/{id}/actions/... for the verbs that take no body. */
export function powerAction(name: keyof typeof actionRoutes): (call: Call) => Reply {
  return (call) => {
    refuseBody(call);
    return actOn(call, find(call), actionRoutes[name]);
  };
}

const protectionSchema = z.strictObject({ delete: z.boolean().optional(), rebuild: z.boolean().optional() });

/** POST /servers/{id}/actions/change_protection: both flags must have the same value. */
export function changeProtection(call: Call): Reply {
  const body = parseBody(call, protectionSchema);
  const server = find(call);
  const wanted = { ...server.protection, ...definedOnly(body) };
  if (wanted.delete !== wanted.rebuild) throw invalidField("delete", "delete and rebuild must have the same value");
  return actOn(call, server, { command: "change_protection", meanwhile: null }, wanted);
}

function definedOnly(body: z.infer<typeof protectionSchema>): { delete?: boolean; rebuild?: boolean } {
  return {
    ...(body.delete === undefined ? {} : { delete: body.delete }),
    ...(body.rebuild === undefined ? {} : { rebuild: body.rebuild }),
  };
}

/** GET /servers/{id}/actions */
export function listServerActions(call: Call): Reply {
  const server = find(call);
  const items = call.world.data.actions.filter(
    (action) => action.serverId === server.id && !action.missing && passesAny(call.query, "status", action.status),
  );
  return listReply(call, {
    name: "actions",
    items,
    sort: actionSort(call),
    present: (action) => presentAction(action, call.nowMs),
  });
}
