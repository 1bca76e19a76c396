/** Single answers: codes, statuses, bodies. */
import { errorTable } from "../../../shared/hetzner/index.ts";
import { lastPage, wireAction, wireError, wireServer, wireSshKey } from "../../../shared/hetzner/testing/fixtures.ts";
import type { Answer, Case } from "./outcome.ts";

const json = { "Content-Type": "application/json" };
const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIccHCW76xx2rrPAUrjnuT6IjpEF1O+/U4IByVgv99Oi";

/** One call of each method, with the answer that it hopes for. */
export const calls = {
  GET: { operation: "servers.get", args: { id: 42 }, good: { json: { server: wireServer(42) } } },
  POST: {
    operation: "servers.create",
    args: { name: "web-1", serverType: "cx23", image: "debian-13" },
    good: {
      status: 201,
      json: {
        server: wireServer(42),
        action: wireAction(1),
        next_actions: [wireAction(2, { command: "start_server" })],
        root_password: null,
      },
    },
  },
  PUT: {
    operation: "servers.updateLabels",
    args: { id: 42, labels: { a: "b" } },
    good: { json: { server: wireServer(42, { labels: { a: "b" } }) } },
  },
  DELETE: {
    operation: "servers.delete",
    args: { id: 42 },
    good: { json: { action: wireAction(1, { command: "delete_server" }) } },
  },
  "DELETE without answer": { operation: "sshKeys.delete", args: { id: 42 }, good: { status: 204 } },
  LIST: { operation: "servers.list", args: {}, good: { json: { servers: [wireServer(42)], meta: lastPage } } },
} as const satisfies Record<string, Pick<Case, "operation" | "args"> & { good: Answer }>;

export type Method = keyof typeof calls;

/** A case of one of those calls. */
export function callCase(method: Method, name: string, answers: readonly Answer[]): Case {
  const { operation, args } = calls[method];
  return { name: `${method}: ${name}`, operation, args, answers };
}

const methods = ["GET", "POST", "DELETE"] as const;

const codeCases = methods.flatMap((method) =>
  errorTable.map(({ code, documentedStatus }) =>
    callCase(method, `code ${code}`, [{ status: documentedStatus ?? 422, json: wireError(code) }]),
  ),
);

/** The status is not what is documented for the code: the code decides. */
const strayCodeCases = methods.flatMap((method) =>
  [
    ["conflict", 422],
    ["not_found", 422],
    ["rate_limit_exceeded", 403],
    ["timeout", 422],
    ["unauthorized", 500],
    ["server_error", 502],
    ["unavailable", 504],
    ["locked", 503],
    ["token_readonly", 403],
    ["brand_new_code", 422],
    ["brand_new_code", 502],
    ["brand_new_code", 504],
    ["brand_new_code", 429],
  ].map(([code, status]) =>
    callCase(method, `code ${code} with status ${status}`, [
      { status: Number(status), json: wireError(String(code), "some text") },
    ]),
  ),
);

const statuses = [
  400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 421, 422, 423, 424,
  425, 426, 428, 429, 431, 451, 499, 500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511, 520, 521, 522, 524, 530,
  598, 599,
];
const bodies: Readonly<Record<string, Omit<Answer, "status">>> = {
  "an HTML page": { raw: "<html><body>oops</body></html>", headers: { "Content-Type": "text/html" } },
  "no body": {},
  text: { raw: "oops", headers: { "Content-Type": "text/plain" } },
  "JSON of another form": { json: { message: "oops" } },
};
const statusCases = (["GET", "POST"] as const).flatMap((method) =>
  statuses.flatMap((status) =>
    Object.entries(bodies).map(([body, answer]) =>
      callCase(method, `status ${status} with ${body}`, [{ status, ...answer }]),
    ),
  ),
);
const deleteStatusCases = [401, 403, 404, 409, 410, 422, 423, 429, 500, 502, 503, 504].map((status) =>
  callCase("DELETE", `status ${status} with no body`, [{ status }]),
);

/** What an error answer may look like instead of what it should. */
const oddErrors: Readonly<Record<string, Omit<Answer, "status">>> = {
  "details that are text": { json: wireError("invalid_input", "bad", "see the manual") },
  "details that are a list": { json: wireError("invalid_input", "bad", ["a"]) },
  "details with odd fields": { json: wireError("invalid_input", "bad", { fields: "name" }) },
  "details with odd messages": { json: wireError("invalid_input", "bad", { fields: [{ name: "a", messages: 1 }] }) },
  "details of another code": { json: wireError("uniqueness_error", "bad", "text") },
  "an announcement that is a number": { json: wireError("deprecated_api_endpoint", "gone", { announcement: 5 }) },
  "details that are empty": { json: wireError("invalid_input", "bad", {}) },
  "fields and messages": { json: wireError("invalid_input", "bad", { fields: [{ name: "a", messages: ["b"] }] }) },
  "no details": { json: { error: { code: "invalid_input", message: "bad" } } },
  "more than is documented": { json: { error: { code: "invalid_input", message: "bad", more: 1 }, extra: [] } },
  "a code alone": { json: { error: { code: "invalid_input" } } },
  "a message alone": { json: { error: { message: "bad" } } },
  "an empty code and message": { json: { error: { code: "", message: "" } } },
  "a code that is a number": { json: { error: { code: 5, message: "bad" } } },
  "a message that is an object": { json: { error: { code: "invalid_input", message: {} } } },
  "a code of several words": { json: wireError("Some thing", "bad") },
  "a code of 200 characters": { json: wireError("a".repeat(200), "bad") },
  "an error that is text": { json: { error: "bad" } },
  "an error that is null": { json: { error: null } },
  "a list": { json: [wireError("invalid_input")] },
  "keys in capitals": { json: { Error: { Code: "invalid_input", Message: "bad" } } },
  "a charset": {
    raw: JSON.stringify(wireError("invalid_input")),
    headers: { "Content-Type": "application/json; charset=utf-8" },
  },
  "a JSON type in capitals": {
    raw: JSON.stringify(wireError("invalid_input")),
    headers: { "Content-Type": "Application/JSON" },
  },
  "no content type": { raw: JSON.stringify(wireError("invalid_input")) },
  "a text content type": { raw: JSON.stringify(wireError("invalid_input")), headers: { "Content-Type": "text/plain" } },
  "a problem content type": {
    raw: JSON.stringify(wireError("invalid_input")),
    headers: { "Content-Type": "application/problem+json" },
  },
  "truncated JSON": { raw: JSON.stringify(wireError("invalid_input")).slice(0, 20), headers: json },
  "text called JSON": { raw: "oops", headers: json },
  "rubbish after the JSON": { raw: `${JSON.stringify(wireError("invalid_input"))}x`, headers: json },
  "a byte order mark": { raw: `\uFEFF${JSON.stringify(wireError("invalid_input"))}`, headers: json },
  "a code that is null": { json: { error: { code: null, message: "bad" } } },
  "a message that is null": { json: { error: { code: "invalid_input", message: null } } },
  "bytes that are no UTF-8": {
    raw: Buffer.from('{"error":{"code":"invalid_input","message":"b\xff"}}', "latin1"),
    headers: json,
  },
};
const oddErrorCases = (["GET", "POST"] as const).flatMap((method) =>
  Object.entries(oddErrors).map(([name, answer]) =>
    callCase(method, `an error with ${name}`, [{ status: 422, ...answer }]),
  ),
);

const good = (method: Method): unknown => ("json" in calls[method].good ? calls[method].good.json : undefined);
const text = (method: Method): string => JSON.stringify(good(method) ?? { deleted: 42 });

/** What a success may look like instead of what it should. */
const oddSuccesses = (method: Method): Readonly<Record<string, Answer>> => ({
  "as documented": calls[method].good,
  "an empty body": { raw: "", headers: json },
  "status 204": { status: 204 },
  "status 200": { status: 200, json: good(method) },
  "status 201": { status: 201, json: good(method) },
  "status 202": { status: 202, json: good(method) },
  "status 299": { status: 299, json: good(method) },
  "status 304": { status: 304 },
  "an HTML type": { raw: text(method), headers: { "Content-Type": "text/html" } },
  "no content type": { raw: text(method) },
  "HTML called JSON": { raw: "<html></html>", headers: json },
  "an HTML page": { raw: "<html></html>", headers: { "Content-Type": "text/html" } },
  "half of the JSON": { raw: text(method).slice(0, 40), headers: json },
  "rubbish after the JSON": { raw: `${text(method)}x`, headers: json },
  "a byte order mark": { raw: `\uFEFF${text(method)}`, headers: json },
  "keys in capitals": {
    raw: text(method).replace(/"(server|action|servers)":/, (key) => key.toUpperCase()),
    headers: json,
  },
  "an empty object": { json: {} },
  "a list": { json: [] },
  null: { raw: "null", headers: json },
  "a number": { raw: "5", headers: json },
  "fields nobody knows": { json: { ...Object(good(method)), brand_new: { deep: [1] } } },
  "spaces around it": { raw: `\n  ${text(method)}\n`, headers: json },
  "an id in quotes": { raw: text(method).replace('"id":42', '"id":"42"').replace('"id":1', '"id":"1"'), headers: json },
  "an id with a fraction of nothing": {
    raw: text(method).replace('"id":42', '"id":42.0').replace('"id":1,', '"id":1.0,'),
    headers: json,
  },
  "an id beyond 2^53": {
    raw: text(method).replace('"id":42', '"id":9007199254740993').replace('"id":1,', '"id":9007199254740993,'),
    headers: json,
  },
  "a budget": {
    ...calls[method].good,
    headers: { "RateLimit-Limit": "3600", "RateLimit-Remaining": "1", "RateLimit-Reset": "1795352399" },
  },
  "an odd budget": {
    ...calls[method].good,
    headers: { "RateLimit-Limit": "many", "RateLimit-Remaining": "-1", "RateLimit-Reset": "x" },
  },
  "a body of 6 MiB": { json: { ...Object(good(method)), padding: "x".repeat(6 * 1024 * 1024) } },
});
const oddSuccessCases = (["GET", "POST", "DELETE", "DELETE without answer", "LIST"] as const).flatMap((method) =>
  Object.entries(oddSuccesses(method)).map(([name, answer]) => callCase(method, `a success with ${name}`, [answer])),
);

/** Values of a server that are new, missing or null. */
const oddServers: Readonly<Record<string, Record<string, unknown>>> = {
  "a status nobody knows": { status: "hibernating" },
  "no IPv4": { public_net: { ipv4: null, ipv6: null, floating_ips: [], firewalls: [] } },
  "addresses left out": { public_net: {} },
  "no image": { image: null },
  "an image without a name": { image: { id: 3, name: null, type: "snapshot" } },
  "no labels": { labels: undefined },
  "labels that are null": { labels: null },
  "a placement group": { placement_group: { id: 1, name: "a" } },
  "a datacenter": { datacenter: { id: 4, name: "fsn1-dc14", location: { id: 1, name: "fsn1" } } },
  "a creation time that is no time": { created: "yesterday" },
  "a name that is a number": { name: 5 },
  "a name that is null": { name: null },
  "a status that is an object": { status: {} },
  "a lock that is null": { locked: null },
  "no lock": { locked: undefined },
  "a protection that is null": { protection: null },
  "no protection": { protection: undefined },
  "a protection of nulls": { protection: { delete: null, rebuild: null } },
  "addresses that are null": { public_net: null },
  "no addresses at all": { public_net: undefined },
  "a type that is null": { server_type: null },
  "a location that is null": { location: null },
  "text in other scripts": { labels: { a: "ключ ✓ \u{1f600}" } },
};
const oddServerCases = Object.entries(oddServers).map(([name, overrides]) =>
  callCase("GET", `a server with ${name}`, [{ json: { server: wireServer(42, overrides) } }]),
);

const created = calls.POST.good.json;
/** What a create may leave out of its 201: the server is there all the same. */
const oddCreates: Readonly<Record<string, Record<string, unknown>>> = {
  "next actions that are null": { next_actions: null },
  "a password left out": { root_password: undefined },
  "an action without resources": { action: wireAction(1, { resources: undefined }) },
  "an action whose resources are null": { action: wireAction(1, { resources: null }) },
  "an action without progress": { action: wireAction(1, { progress: undefined }) },
  "an action whose progress is null": { action: wireAction(1, { progress: null }) },
  "a lock that is null": { server: wireServer(42, { locked: null }) },
  "a protection that is null": { server: wireServer(42, { protection: null }) },
};
const oddCreateCases = Object.entries(oddCreates).map(([name, parts]) =>
  callCase("POST", `a success with ${name}`, [{ status: 201, json: { ...created, ...parts } }]),
);

/** Every operation with what it sends. */
const requestCases: readonly Case[] = [
  {
    name: "create with everything",
    operation: "servers.create",
    args: {
      name: "web-1",
      serverType: 114,
      image: 3,
      location: "fsn1",
      sshKeys: [5, 6],
      userData: '#cloud-config\n\u00fc "quoted"',
      labels: { "a/b": "c", d: "" },
      startAfterCreate: false,
      publicNet: { enableIpv4: true, enableIpv6: false },
    },
    answers: [calls.POST.good],
  },
  {
    name: "create without a name",
    operation: "servers.create",
    args: { name: "", serverType: 114, image: 3 },
    answers: [calls.POST.good],
  },
  {
    name: "create with a root password",
    operation: "servers.create",
    args: calls.POST.args,
    answers: [{ status: 201, json: { ...calls.POST.good.json, root_password: "secret" } }],
  },
  {
    name: "create without next actions",
    operation: "servers.create",
    args: calls.POST.args,
    answers: [{ status: 201, json: { server: wireServer(42), action: wireAction(1) } }],
  },
  {
    name: "servers by name and label",
    operation: "servers.list",
    args: { name: "a b&c=ü/%", labelSelector: "a=b,c in (x,y),!d" },
    answers: [calls.LIST.good],
  },
  {
    name: "power on",
    operation: "servers.powerOn",
    args: { id: 7 },
    answers: [{ status: 201, json: { action: wireAction(1) } }],
  },
  {
    name: "power off",
    operation: "servers.powerOff",
    args: { id: 7 },
    answers: [{ status: 201, json: { action: wireAction(1) } }],
  },
  { name: "labels emptied", operation: "servers.updateLabels", args: { id: 7, labels: {} }, answers: [calls.PUT.good] },
  {
    name: "labels set",
    operation: "servers.updateLabels",
    args: { id: 7, labels: { b: "2", a: "1" } },
    answers: [calls.PUT.good],
  },
  { name: "a key", operation: "sshKeys.get", args: { id: 7 }, answers: [{ json: { ssh_key: wireSshKey(7) } }] },
  {
    name: "a key that is not there",
    operation: "sshKeys.get",
    args: { id: 7 },
    answers: [{ status: 404, json: wireError("not_found") }],
  },
  {
    name: "keys by name and fingerprint",
    operation: "sshKeys.list",
    args: { name: "k", fingerprint: "77:79", labelSelector: "a" },
    answers: [{ json: { ssh_keys: [wireSshKey(7)], meta: lastPage } }],
  },
  {
    name: "a new key",
    operation: "sshKeys.create",
    args: { name: "k", publicKey, labels: { a: "b" } },
    answers: [{ status: 201, json: { ssh_key: wireSshKey(7) } }],
  },
  {
    name: "a new key without labels",
    operation: "sshKeys.create",
    args: { name: "k", publicKey },
    answers: [{ status: 201, json: { ssh_key: wireSshKey(7) } }],
  },
  {
    name: "a key renamed",
    operation: "sshKeys.update",
    args: { id: 7, name: "other" },
    answers: [{ json: { ssh_key: wireSshKey(7, "other") } }],
  },
  {
    name: "a key's labels",
    operation: "sshKeys.update",
    args: { id: 7, labels: { a: "b" } },
    answers: [{ json: { ssh_key: wireSshKey(7) } }],
  },
  { name: "an action", operation: "actions.get", args: { id: 7 }, answers: [{ json: { action: wireAction(7) } }] },
  {
    name: "an action that is not there",
    operation: "actions.get",
    args: { id: 7 },
    answers: [{ status: 404, json: wireError("not_found") }],
  },
  {
    name: "images by name and architecture",
    operation: "images.list",
    args: { name: "debian-13", architecture: "arm", type: "system", includeDeprecated: true },
    answers: [{ json: { images: [], meta: lastPage } }],
  },
  {
    name: "addresses by IP",
    operation: "primaryIps.list",
    args: { ip: "192.0.2.1", name: "n", labelSelector: "a!=b" },
    answers: [{ json: { primary_ips: [], meta: lastPage } }],
  },
  { name: "an address deleted", operation: "primaryIps.delete", args: { id: 9 }, answers: [{ status: 204 }] },
  {
    name: "an address in use",
    operation: "primaryIps.delete",
    args: { id: 9 },
    answers: [{ status: 422, json: wireError("must_be_unassigned") }],
  },
  { ...callCase("GET", "a token that no header can carry", [calls.GET.good]), token: "bad\ntoken" },
];

export const answerCases: readonly Case[] = [
  ...codeCases,
  ...strayCodeCases,
  ...statusCases,
  ...deleteStatusCases,
  ...oddErrorCases,
  ...oddSuccessCases,
  ...oddServerCases,
  ...oddCreateCases,
  ...requestCases,
];
