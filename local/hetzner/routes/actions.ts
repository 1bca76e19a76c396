import { ApiError } from "../api-error.ts";
import type { Call, Reply } from "../call.ts";
import { listReply, passesAny, type SortKeys } from "../listing.ts";
import { presentAction, progressOf } from "../present.ts";
import { type ActionRecord, getOwn } from "../world.ts";

/** Fields that actions may be sorted by. */
export function actionSort(call: Call): SortKeys<ActionRecord> {
  return {
    id: (action) => action.id,
    command: (action) => action.command,
    status: (action) => action.status,
    started: (action) => action.startedMs,
    finished: (action) => action.finishedMs ?? 0,
    progress: (action) => progressOf(action, call.nowMs),
  };
}

const own = (call: Call): ActionRecord[] =>
  call.world.data.actions.filter((action) => action.project === call.project.name && !action.missing);

/** GET /actions?id=..: ids nobody knows are left out; without any id the endpoint is gone since January 2025. */
export function listActions(call: Call): Reply {
  const ids = call.query.getAll("id");
  if (ids.length === 0) {
    throw new ApiError(410, "deprecated_api_endpoint", "listing all actions was removed, ask for ids", {
      announcement:
        "https://docs.hetzner.cloud/changelog#2025-01-30-listing-arbitrary-actions-in-the-actions-list-endpoint-is-removed",
    });
  }
  const items = own(call).filter(
    (action) => ids.includes(String(action.id)) && passesAny(call.query, "status", action.status),
  );
  return listReply(call, {
    name: "actions",
    items,
    sort: actionSort(call),
    present: (action) => presentAction(action, call.nowMs),
  });
}

/** GET /servers/actions */
export function listAllServerActions(call: Call): Reply {
  const ids = call.query.getAll("id");
  const items = own(call).filter(
    (action) => (ids.length === 0 || ids.includes(String(action.id))) && passesAny(call.query, "status", action.status),
  );
  return listReply(call, {
    name: "actions",
    items,
    sort: actionSort(call),
    present: (action) => presentAction(action, call.nowMs),
  });
}

/** GET /actions/{id} */
export function getAction(call: Call): Reply {
  const action = getOwn(own(call), call.project.name, call.params.id, "action");
  return { status: 200, body: { action: presentAction(action, call.nowMs) } };
}
