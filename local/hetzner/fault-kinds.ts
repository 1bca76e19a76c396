import * as z from "zod";

/** A method and a route pattern, as in the route table. */
export interface RouteRef {
  readonly method: string;
  readonly route: string;
}

/** What became of a request that met a fault. */
export type FaultEffect = "none" | "applied" | "late" | "then_fails";

interface Row {
  /** One sentence: what happens. */
  readonly summary: string;
  /** request: the answer is spoilt. refusal: a well-formed error. action: the request is good, its action is not. state: all answers are good, the world is not. */
  readonly area: "request" | "refusal" | "action" | "state";
  /** none: nothing was done. applied: it was done. late: it will be done. then_fails: accepted, and its action fails or hangs. */
  readonly effect: FaultEffect;
  readonly suits: readonly RouteRef[];
  /** Parameters it reads besides `method`, `route`, `name`, `nth` and `times`, with their defaults. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

const createServer = { method: "POST", route: "/servers" } as const;
const createKey = { method: "POST", route: "/ssh_keys" } as const;
const deleteServer = { method: "DELETE", route: "/servers/{id}" } as const;
const powerOn = { method: "POST", route: "/servers/{id}/actions/poweron" } as const;
const powerOff = { method: "POST", route: "/servers/{id}/actions/poweroff" } as const;

const reads: readonly RouteRef[] = [
  "/servers",
  "/servers/{id}",
  "/ssh_keys",
  "/ssh_keys/{id}",
  "/actions",
  "/actions/{id}",
  "/server_types",
  "/locations",
  "/images",
  "/pricing",
  "/primary_ips",
].map((route) => ({ method: "GET", route }));
const writesWithBody: readonly RouteRef[] = [
  createServer,
  createKey,
  deleteServer,
  powerOn,
  powerOff,
  { method: "PUT", route: "/servers/{id}" },
  { method: "PUT", route: "/ssh_keys/{id}" },
];
const writes: readonly RouteRef[] = [
  ...writesWithBody,
  { method: "DELETE", route: "/ssh_keys/{id}" },
  { method: "DELETE", route: "/primary_ips/{id}" },
];
const every = [...reads, ...writes];
const answered = [...reads, ...writesWithBody];
const acting = [createServer, deleteServer, powerOn, powerOff];
const starting = [createServer, powerOn];

const spoilt = (summary: string, effect: FaultEffect, suits: readonly RouteRef[] = every, parameters = {}): Row => ({
  summary,
  area: "request",
  effect,
  suits,
  parameters,
});
const refused = (summary: string, suits: readonly RouteRef[], parameters: Row["parameters"]): Row => ({
  summary,
  area: "refusal",
  effect: "none",
  suits,
  parameters,
});
const failing = (summary: string, suits: readonly RouteRef[], parameters: Row["parameters"] = {}): Row => ({
  summary,
  area: "action",
  effect: "then_fails",
  suits,
  parameters,
});
const odd = (summary: string, suits: readonly RouteRef[], parameters: Row["parameters"] = {}): Row => ({
  summary,
  area: "state",
  effect: "applied",
  suits,
  parameters,
});

const table = {
  lost_before_commit: spoilt("Never answers; nothing was done.", "none"),
  lost_after_commit: spoilt("Never answers; it was done.", "applied"),
  reset_before_commit: spoilt("The connection is reset; nothing was done.", "none"),
  reset_after_commit: spoilt("The connection is reset; it was done.", "applied"),
  commits_late: spoilt(
    'Answers 504 at once and is done `seconds` later; with answer "none" it never answers.',
    "late",
    writes,
    {
      seconds: 90,
      answer: "504",
    },
  ),
  slow: spoilt("Is done at once and answers `seconds` later.", "applied", every, { seconds: 45 }),
  rate_limited: spoilt("429; `times` makes a burst of it.", "none"),
  bad_gateway_html: spoilt("502 with an HTML page; nothing was done.", "none"),
  bad_gateway_html_after_commit: spoilt("502 with an HTML page; it was done.", "applied"),
  unavailable_json: spoilt("503 with code unavailable; nothing was done.", "none"),
  unavailable_bare: spoilt("503 without a body; nothing was done.", "none"),
  timeout_json: spoilt("504 with code timeout; nothing was done.", "none"),
  timeout_json_after_commit: spoilt("504 with code timeout; it was done.", "applied"),
  timeout_bare: spoilt("504 without a body; nothing was done.", "none"),
  timeout_bare_after_commit: spoilt("504 without a body; it was done.", "applied"),
  server_error: spoilt("500 with code server_error; nothing was done.", "none"),
  server_error_after_commit: spoilt("500 with code server_error; it was done.", "applied"),
  empty_body: spoilt("The right status and an empty body; it was done.", "applied", answered),
  truncated_json: spoilt("The right status and half of the body; it was done.", "applied", answered),
  html_content_type: spoilt("The right answer, called text/html; it was done.", "applied", answered),
  wrong_shape: spoilt("The right status and a JSON body of another kind; it was done.", "applied", answered),
  oversized_body: spoilt("The right status and a body of `sizeBytes`; it was done.", "applied", answered, {
    sizeBytes: 33_554_432,
  }),
  redirect: spoilt("302 to another host; nothing was done.", "none"),
  unknown_code: refused("422 with a code nobody has heard of.", every, { code: "brand_new_code", status: 422 }),
  error: refused("`status` with `code`, `message` and `details`; with `commit` it was done all the same.", every, {
    code: "maintenance",
    status: 403,
    commit: false,
  }),
  odd_details: refused("422 invalid_input whose details are of another type.", every, { details: "see the manual" }),
  sold_out: refused("412 resource_unavailable.", [createServer], { code: "resource_unavailable" }),
  quota: refused("403 resource_limit_exceeded.", [createServer, createKey], { code: "resource_limit_exceeded" }),
  key_not_visible: refused("422: the key just made is not known yet.", [createServer], { code: "invalid_input" }),
  locked: refused("423 locked: another action runs.", [deleteServer, powerOn, powerOff], { code: "locked" }),
  conflict: refused("409 conflict: changed meanwhile, try again.", writes, { code: "conflict" }),
  action_error: failing("The action `command` ends with `code`; default is the request's first action.", acting, {
    code: "action_failed",
  }),
  action_stuck: failing("The action `command` runs for `seconds`, without it for ever.", acting),
  action_missing: odd("The action `command` works and is not to be found under /actions.", acting),
  sold_out_in_action: failing("The create is accepted and its action ends with resource_unavailable.", [createServer], {
    code: "resource_unavailable",
  }),
  start_failed: failing("The create is good; start_server ends with `code` and the server is off.", starting, {
    code: "unknown_error",
  }),
  stays_off: odd("start_server succeeds and the server is off.", starting),
  hidden_from_lists: odd(
    "Lists leave the new server out for `seconds`; its id and its name are known.",
    [createServer],
    {
      seconds: 30,
    },
  ),
  deleted_by_hand: odd("Somebody deletes the server `seconds` after this request.", [createServer, powerOn], {
    seconds: 1,
  }),
  ipv4_missing: odd("The new server has no IPv4 address although one was asked for.", [createServer]),
  protected: odd("Somebody protects the new server from deletion.", [createServer]),
  token_revoked: { ...refused("The token is deleted before this request is looked at.", every, {}), area: "state" },
} as const satisfies Record<string, Row>;

/** Name of a fault. */
export type FaultName = keyof typeof table;

const isFaultName = (name: string): name is FaultName => Object.hasOwn(table, name);

/** A kind of fault as data: tests are made from this list. */
export interface FaultKind extends Row {
  readonly name: FaultName;
}

/** Every fault there is. `{kind: name, ...routes of suits}` is a fault that can be planned as it stands. */
export const faultKinds: readonly FaultKind[] = Object.entries(table).flatMap(([name, row]) =>
  isFaultName(name) ? [{ name, ...row }] : [],
);

/** The row of a fault's name. */
export function faultKind(name: FaultName): FaultKind {
  return { name, ...table[name] };
}

/** Ten years: an instant that is still a number when it is written down. */
const secondsMax = 315_360_000;
/** 256 MiB: half of what one text can hold in V8. */
const sizeMaxBytes = 268_435_456;

/** A fault as planned. Absent parameters have the defaults of its kind. */
export const faultSchema = z.strictObject({
  kind: z.custom<FaultName>((value) => typeof value === "string" && isFaultName(value), "no such fault"),
  /** Method it applies to; default any. */
  method: z.string().optional(),
  /** Route pattern it applies to, such as `/servers/{id}`; default any. */
  route: z.string().optional(),
  /** Only requests about the server or key of this name. */
  name: z.string().optional(),
  /** First matching request it applies to, from 1; default 1. */
  nth: z.int().positive().optional(),
  /** How many matching requests in a row; default 1. */
  times: z.int().positive().optional(),
  seconds: z.number().positive().max(secondsMax).optional(),
  sizeBytes: z.int().positive().max(sizeMaxBytes).optional(),
  code: z.string().min(1).optional(),
  status: z.int().min(400).max(599).optional(),
  message: z.string().optional(),
  details: z.unknown().optional(),
  command: z.string().optional(),
  commit: z.boolean().optional(),
  answer: z.enum(["504", "none"]).optional(),
});

/** See {@link faultSchema}. */
export type Fault = Readonly<z.infer<typeof faultSchema>>;
