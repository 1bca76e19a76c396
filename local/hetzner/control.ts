import * as z from "zod";
import { faultKinds, faultSchema } from "./fault-kinds.ts";
import type { Simulator } from "./simulator.ts";

type Verb = (simulator: Simulator, body: unknown) => unknown;

const planBody = z.strictObject({ faults: z.array(faultSchema).min(1) });
const serverId = z.strictObject({ server_id: z.int() });
const tokenBody = z.strictObject({ token: z.string().min(1) });
const serverBody = z.strictObject({
  project: z.string(),
  name: z.string(),
  labels: z.record(z.string(), z.string()).default({}),
});
const projectBody = z.strictObject({ project: z.string() });
const stockBody = z.strictObject({
  server_type: z.string(),
  location: z.string(),
  available: z.boolean().optional(),
  in_stock: z.boolean().optional(),
});

const verbs: Readonly<Record<string, Verb>> = {
  "GET /_control/state": (simulator) => simulator.state(),
  "GET /_control/requests": (simulator) => ({ requests: simulator.requests() }),
  "GET /_control/faults": (simulator) => ({ kinds: faultKinds, planned: simulator.planned() }),
  "POST /_control/faults": (simulator, body) => {
    for (const fault of planBody.parse(body).faults) simulator.plan(fault);
    return { planned: simulator.planned() };
  },
  "DELETE /_control/faults": (simulator) => {
    simulator.clearPlan();
    return { planned: [] };
  },
  "POST /_control/delete_by_hand": (simulator, body) => ({
    deleted: simulator.deleteByHand(serverId.parse(body).server_id),
  }),
  "POST /_control/unprotect": (simulator, body) => ({ found: simulator.unprotect(serverId.parse(body).server_id) }),
  "POST /_control/revoke_token": (simulator, body) => ({ revoked: simulator.revokeToken(tokenBody.parse(body).token) }),
  "POST /_control/servers": (simulator, body) => ({ id: simulator.addServer(serverBody.parse(body)) }),
  "POST /_control/primary_ips": (simulator, body) => ({ id: simulator.addPrimaryIp(projectBody.parse(body)) }),
  "POST /_control/stock": (simulator, body) => {
    const { server_type: serverType, location, available, in_stock: inStock } = stockBody.parse(body);
    simulator.setStock({ serverType, location, available, inStock });
    return {};
  },
};

/** What the control endpoint can do, as `METHOD path`. */
export const controlVerbs: readonly string[] = Object.keys(verbs);

/**
 * Answers a request below /_control. It has no token: whoever reaches the port may use it, which is why POST needs a
 * JSON Content-Type, which pages of other origins cannot send unasked.
 */
export function control(simulator: Simulator, request: Request, text: string): Response {
  const verb = verbs[`${request.method} ${new URL(request.url).pathname}`];
  if (verb === undefined) return Response.json({ error: "no such verb", verbs: controlVerbs }, { status: 404 });
  if (request.method === "POST" && !/^application\/json\b/.test(request.headers.get("content-type") ?? "")) {
    return Response.json({ error: "Content-Type must be application/json" }, { status: 415 });
  }
  try {
    const body: unknown = text === "" ? undefined : JSON.parse(text);
    return Response.json(verb(simulator, body));
  } catch (error) {
    const message = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    return Response.json({ error: message }, { status: 400 });
  }
}
