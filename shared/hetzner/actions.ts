import * as z from "zod/mini";
import { classifyAction } from "./classify.ts";
import type { HetznerError } from "./errors.ts";
import type { SendOptions } from "./link-retry.ts";
import type { CallOptions } from "./options.ts";
import { type Action, actionAnswer, actionSchema } from "./schemas/action.ts";
import { reportUnknownCode } from "./unknown-code.ts";
import { absentAsNull, idPath, type Wire } from "./wire.ts";

/** Ids in one request: the default page size, so that one page holds them all; hcloud-go uses the same. */
const IDS_PER_REQUEST = 25;

/** What was found, and the ids that Hetzner does not know (any more). Missing says nothing about how an action ended. */
export interface FoundActions {
  found: Action[];
  missing: number[];
}

/** Null when Hetzner says that there is none. */
export async function getAction(wire: Wire, id: number, options?: CallOptions): Promise<Action | null> {
  const operation = "actions.get";
  const path = `/actions/${idPath(operation, id)}`;
  const answer = await absentAsNull(wire.ask({ operation, method: "GET", path }, actionAnswer, options));
  if (answer !== null) judgeAction(wire, answer.action);
  return answer?.action ?? null;
}

/** Looks at many actions at once: one request for each 25 ids, none for no ids. Repeated ids are asked once. */
export async function listActions(wire: Wire, ids: readonly number[], options?: CallOptions): Promise<FoundActions> {
  const found: Action[] = [];
  for (const chunk of chunkIds("actions.list", ids)) found.push(...(await fetchActions(wire, chunk, options)));
  for (const action of found) judgeAction(wire, action);
  const seen = new Set(found.map((action) => action.id));
  return {
    found,
    missing: chunkIds("actions.list", ids)
      .flat()
      .filter((id) => !seen.has(id)),
  };
}

/** What becomes one request each: sorted, without repetitions. */
export function chunkIds(operation: string, ids: Iterable<number>): number[][] {
  const wanted = [...new Set(ids)].sort((a, b) => a - b);
  for (const id of wanted) idPath(operation, id);
  const count = Math.ceil(wanted.length / IDS_PER_REQUEST);
  return Array.from({ length: count }, (_, at) => wanted.slice(at * IDS_PER_REQUEST, (at + 1) * IDS_PER_REQUEST));
}

/** Those of one chunk that Hetzner has, each once. */
export async function fetchActions(wire: Wire, ids: readonly number[], options?: SendOptions): Promise<Action[]> {
  const query = { id: ids, page: 1, per_page: IDS_PER_REQUEST };
  const request = { operation: "actions.list", method: "GET", path: "/actions", query } as const;
  const answer = await wire.ask(request, z.object({ actions: z.array(actionSchema) }), options);
  const byId = new Map(answer.actions.map((action) => [action.id, action]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** `classifyAction`, and `onUnknownCode` hears of a code that the table does not have or that is none. */
export function judgeAction(wire: Wire, action: Action): HetznerError | null {
  const error = classifyAction(action);
  if (error === null) return null;
  const isCodeUnreadable = error.code === null && (action.error?.code ?? "") !== "";
  reportUnknownCode(wire.settings, { code: error.code, isCodeUnreadable });
  return error;
}
