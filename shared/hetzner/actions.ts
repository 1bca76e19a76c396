import * as z from "zod/mini";
import type { CallOptions } from "./options.ts";
import { type Action, actionAnswer, actionSchema } from "./schemas/action.ts";
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
  return answer?.action ?? null;
}

/** Looks at many actions at once: one request for each 25 ids, none for no ids. Repeated ids are asked once. */
export async function listActions(wire: Wire, ids: readonly number[], options?: CallOptions): Promise<FoundActions> {
  const wanted = [...new Set(ids)].sort((a, b) => a - b);
  for (const id of wanted) idPath("actions.list", id);
  const found: Action[] = [];
  for (let start = 0; start < wanted.length; start += IDS_PER_REQUEST) {
    found.push(...(await listChunk(wire, wanted.slice(start, start + IDS_PER_REQUEST), options)));
  }
  const seen = new Set(found.map((action) => action.id));
  return { found, missing: wanted.filter((id) => !seen.has(id)) };
}

async function listChunk(wire: Wire, ids: readonly number[], options?: CallOptions): Promise<Action[]> {
  const query = { id: ids, page: 1, per_page: IDS_PER_REQUEST };
  const request = { operation: "actions.list", method: "GET", path: "/actions", query } as const;
  const answer = await wire.ask(request, z.object({ actions: z.array(actionSchema) }), options);
  const asked = new Set(ids);
  return answer.actions.filter((action) => asked.has(action.id));
}
