import * as z from "zod";
import { labelsSchema } from "./call.ts";
import { type Fault, faultKinds, faultSchema } from "./fault-kinds.ts";
import { seededFaults } from "./fault-plan.ts";
import { hostFaults } from "./options.ts";
import { bodyMaxBytes } from "./serve.ts";
import type { Received, Simulator } from "./simulator.ts";

/** What a verb answers: a value for 200, or a status of its own. */
type Verb = (simulator: Simulator, body: unknown) => unknown;

class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const seededMax = 1000;
const planBody = z.strictObject({ faults: z.array(faultSchema).min(1) });
const seedBody = z.strictObject({ seed: z.int(), count: z.int().min(1).max(seededMax) });

/** The faults a body lists, or those that its seed draws. */
function readPlan(body: unknown): readonly Fault[] {
  if (typeof body !== "object" || body === null || !("seed" in body)) return planBody.parse(body).faults;
  const { seed, count } = seedBody.parse(body);
  return seededFaults(seed, count);
}
const serverId = z.strictObject({ server_id: z.int() });
const hostBody = z.strictObject({ server_id: z.int(), fault: z.enum(hostFaults) });
const tokenBody = z.strictObject({ token: z.string().min(1) });
const serverBody = z.strictObject({
  project: z.string(),
  name: z.string(),
  labels: labelsSchema.default({}),
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
  "DELETE /_control/requests": (simulator) => {
    simulator.forgetRequests();
    return { requests: [] };
  },
  "GET /_control/counts": (simulator) => {
    const counts = simulator.counts();
    return { total: counts.reduce((sum, { total }) => sum + total, 0), counts };
  },
  "GET /_control/faults": (simulator) => ({ kinds: faultKinds, planned: simulator.planned() }),
  "POST /_control/faults": (simulator, body) => {
    simulator.plan(...readPlan(body));
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
  "POST /_control/hosts": async (simulator, body) => {
    const { server_id: id, fault } = hostBody.parse(body);
    const outcome = await simulator.hostFault(id, fault);
    if (outcome === "no_server") throw new Refusal(404, "no such server");
    if (outcome === "no_faults") throw new Refusal(501, "the machines behind this simulator know no faults");
    return { done: true };
  },
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
export async function control(
  simulator: Simulator,
  { method, url, headers, text }: Received,
  scrub: (text: string) => string,
): Promise<Response> {
  const answer = (value: unknown, status = 200) =>
    new Response(scrub(JSON.stringify(value)), { status, headers: { "Content-Type": "application/json" } });
  const verb = verbs[`${method} ${url.pathname}`];
  if (verb === undefined) return answer({ error: "no such verb", verbs: controlVerbs }, 404);
  if (Buffer.byteLength(text) > bodyMaxBytes) return answer({ error: "request body is too large" }, 413);
  if (method === "POST" && !/^application\/json\b/.test(headers.get("content-type") ?? "")) {
    return answer({ error: "Content-Type must be application/json" }, 415);
  }
  try {
    const body: unknown = text === "" ? undefined : JSON.parse(text);
    return answer(await verb(simulator, body));
  } catch (error) {
    const message = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    return answer({ error: message }, error instanceof Refusal ? error.status : 400);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
