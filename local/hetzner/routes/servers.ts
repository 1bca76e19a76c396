import * as z from "zod";
import { protectedFrom, taken } from "../api-error.ts";
import { act, type Call, checkLabels, labelsSchema, parseBody, type Reply, refuseBusy } from "../call.ts";
import { labelFilter, listReply, passesAny, passesName } from "../listing.ts";
import { presentAction, presentServer } from "../present.ts";
import type { ServerRecord } from "../records.ts";
import { getOwn, ownOf } from "../world.ts";
import { checkServerName } from "./server-create.ts";

/** The server a path names; 404 for another project's. */
export function findServer(call: Call): ServerRecord {
  return getOwn(call.world.data.servers, call.project.name, call.params.id, "server");
}

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
  return { status: 200, body: { server: presentServer(call.world, findServer(call)) } };
}

const updateSchema = z.strictObject({ name: z.string().optional(), labels: labelsSchema.optional() });

/** PUT /servers/{id}: labels replace the whole map. */
export function updateServer(call: Call): Reply {
  const body = parseBody(call, updateSchema);
  if (body.name !== undefined) checkServerName(body.name);
  checkLabels(body.labels);
  const server = findServer(call);
  const others = ownOf(call.world.data.servers, server.project).filter((other) => other !== server);
  if (others.some((other) => other.name === body.name)) throw taken("server name is already used");
  server.name = body.name ?? server.name;
  server.labels = body.labels ?? server.labels;
  return getServer(call);
}

/** DELETE /servers/{id}: the name stays taken until the action has ended. */
export function deleteServer(call: Call): Reply {
  const server = findServer(call);
  refuseBusy(call, { server });
  if (server.protection.delete) throw protectedFrom("server");
  const action = act(call, { server, command: "delete_server", durationMs: call.world.latency.deleteMs });
  server.status = "deleting";
  return { status: 200, body: { action: presentAction(action, call.nowMs) } };
}
