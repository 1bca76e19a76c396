import * as z from "zod";
import { type ActionRequest, addAction, isBusy, type Targets } from "./actions.ts";
import { ApiError, invalidField, invalidInput, locked } from "./api-error.ts";
import type { Fault, FaultName } from "./fault-kinds.ts";
import { type Labels, labelsFault } from "./labels.ts";
import type { ProjectOptions } from "./options.ts";
import type { ActionRecord } from "./records.ts";
import type { World } from "./world.ts";

/** One request as a handler sees it: authenticated, routed, its body read as JSON. */
export interface Call {
  readonly world: World;
  readonly project: ProjectOptions;
  /** The instant it is done at: later than its arrival for a late commit. */
  readonly nowMs: number;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Undefined without a body. */
  readonly body: unknown;
  /** Faults that the handler itself plays out. */
  readonly faults: readonly Fault[];
}

/** What a handler answers; no body for undefined. */
export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Handles one route. Throws {@link ApiError} to refuse. */
export type Handler = (call: Call) => Reply;

/** The call's fault of a kind, if it has one. */
export function faultOf(call: Call, kind: FaultName): Fault | undefined {
  return call.faults.find((fault) => fault.kind === kind);
}

/** The body in a schema's shape: 400 without one, 422 with a list of fields when it does not fit. */
export function parseBody<T>(call: Call, schema: z.ZodType<T>): T {
  if (call.body === undefined) throw new ApiError(400, "json_error", "invalid JSON input: empty body");
  const parsed = schema.safeParse(call.body);
  if (parsed.success) return parsed.data;
  const fields = new Map<string, string[]>();
  for (const issue of parsed.error.issues) {
    const names = issue.code === "unrecognized_keys" ? issue.keys : [issue.path.join(".")];
    for (const name of names) fields.set(name, [...(fields.get(name) ?? []), issue.message]);
  }
  const details = { fields: [...fields].map(([name, messages]) => ({ name, messages })) };
  const listed = [...fields.keys()].map((name) => `'${name}'`).join(", ");
  throw new ApiError(422, "invalid_input", `invalid input in fields ${listed}`, details);
}

/** Labels in a body: their shape here, their grammar in {@link checkLabels}. A record would drop `__proto__` silently. */
export const labelsSchema = z
  .unknown()
  .refine((labels) => typeof labels !== "object" || labels === null || !Object.hasOwn(labels, "__proto__"), {
    error: "label key '__proto__' is not correctly formatted",
    abort: true,
  })
  .pipe(z.record(z.string(), z.string()));

/** Refuses labels the provider would not store. */
export function checkLabels(labels: Labels | undefined): void {
  const fault = labels === undefined ? null : labelsFault(labels);
  if (fault !== null) throw invalidField("labels", fault);
}

/** Refuses a body where none belongs. */
export function refuseBody(call: Call): void {
  if (call.body === undefined) return;
  const parsed = z.strictObject({}).safeParse(call.body);
  if (!parsed.success) throw invalidInput("this request takes no body");
}

/** Refuses a change of what an action runs on. */
export function refuseBusy(call: Call, targets: Targets): void {
  const { server, image, address } = targets;
  if (server !== undefined && isBusy(call.world, { server })) throw locked("server");
  if (image !== undefined && isBusy(call.world, { image })) throw locked("image");
  if (address !== undefined && isBusy(call.world, { address })) throw locked("primary IP");
}

/** Starts an action of this request on what nothing else runs on; 423 otherwise. */
export function act(
  call: Call,
  request: Pick<ActionRequest, "command" | "durationMs" | "change" | "server" | "image" | "address">,
): ActionRecord {
  refuseBusy(call, request);
  const { world, nowMs, faults, project } = call;
  return addAction(world, { ...request, project: project.name, nowMs, faults });
}
