import { ApiError } from "../api-error.ts";
import type { Call, Handler, Reply } from "../call.ts";
import { listReply, passesAny, type SortKeys } from "../listing.ts";
import { presentAction, progressOf } from "../present.ts";
import type { ActionRecord } from "../records.ts";
import { getOwn, ownOf } from "../world.ts";

/** Resources that have actions, as the first part of a path. */
export type Acting = "servers" | "images" | "primary_ips";

const idOf: Readonly<Record<Acting, (action: ActionRecord) => number | null>> = {
  servers: (action) => action.serverId,
  images: (action) => action.imageId,
  primary_ips: (action) => action.primaryIpId,
};

function actionSort(call: Call): SortKeys<ActionRecord> {
  return {
    id: (action) => action.id,
    command: (action) => action.command,
    status: (action) => action.status,
    started: (action) => action.startedMs,
    finished: (action) => action.finishedMs ?? 0,
    progress: (action) => progressOf(action, call.nowMs),
  };
}

const known = (call: Call): ActionRecord[] =>
  ownOf(call.world.data.actions, call.project.name).filter((action) => !action.missing);

function reply(call: Call, actions: readonly ActionRecord[]): Reply {
  return listReply(call, {
    name: "actions",
    items: actions.filter((action) => passesAny(call.query, "status", action.status)),
    sort: actionSort(call),
    present: (action) => presentAction(action, call.nowMs),
  });
}

/** GET /actions?id=..: ids nobody knows are left out; without any id the endpoint is gone since January 2025. */
export function listActions(call: Call): Reply {
  if (!call.query.has("id")) {
    throw new ApiError(410, "deprecated_api_endpoint", "listing all actions was removed, ask for ids", {
      announcement:
        "https://docs.hetzner.cloud/changelog#2025-01-30-listing-arbitrary-actions-in-the-actions-list-endpoint-is-removed",
    });
  }
  return reply(
    call,
    known(call).filter((action) => passesAny(call.query, "id", String(action.id))),
  );
}

/** GET /{resource}/actions: of every resource of a kind. */
export function listActionsOfKind(kind: Acting): Handler {
  return (call) => {
    const own = known(call).filter((action) => idOf[kind](action) !== null);
    return reply(
      call,
      own.filter((action) => passesAny(call.query, "id", String(action.id))),
    );
  };
}

/** GET /{resource}/{id}/actions; `find` gives the resource or refuses. */
export function listActionsOf(kind: Acting, find: (call: Call) => { readonly id: number }): Handler {
  return (call) => {
    const { id } = find(call);
    return reply(
      call,
      known(call).filter((action) => idOf[kind](action) === id),
    );
  };
}

const replyOne = (call: Call, actions: readonly ActionRecord[], id: string | undefined): Reply => {
  const action = getOwn(actions, call.project.name, id, "action");
  return { status: 200, body: { action: presentAction(action, call.nowMs) } };
};

/** GET /actions/{id} */
export function getAction(call: Call): Reply {
  return replyOne(call, known(call), call.params.id);
}

/** GET /{resource}/actions/{id} */
export function getActionOfKind(kind: Acting): Handler {
  return (call) =>
    replyOne(
      call,
      known(call).filter((action) => idOf[kind](action) !== null),
      call.params.id,
    );
}

/** GET /{resource}/{id}/actions/{action_id}: deprecated since April 2026 and still there. */
export function getActionOf(kind: Acting, find: (call: Call) => { readonly id: number }): Handler {
  return (call) => {
    const { id } = find(call);
    return replyOne(
      call,
      known(call).filter((action) => idOf[kind](action) === id),
      call.params.action_id,
    );
  };
}
