import fc from "fast-check";
import { lastPage, sampleToken, wireAction, wireError, wireServer, wireSshKey } from "./fixtures.ts";

/** Everything that any operation expects, in one body: each finds its own part and so gets deep into its parsing. */
const price = { net: "1.0", gross: "1.19" };
const prices = [{ location: "fsn1", price_hourly: price, price_monthly: price }];
const deprecation = { announced: "2026-01-01T00:00:00Z", unavailable_after: "2026-06-01T00:00:00Z" };
const place = { id: 1, name: "fsn1", description: "", country: "DE", city: "F", latitude: 1, longitude: 2 };
const serverType = { id: 114, name: "cx23", description: "", cores: 2, memory: 4, disk: 40, storage_type: "local" };
const primaryIp = {
  id: 7,
  name: "ip",
  ip: "192.0.2.1",
  type: "ipv4",
  auto_delete: true,
  created: "2026-11-01T10:00:00Z",
};
const image = { id: 3, type: "system", status: "available", name: "debian-13", description: "", os_flavor: "debian" };
const good = {
  server: wireServer(1),
  servers: [wireServer(1)],
  ssh_key: wireSshKey(1),
  ssh_keys: [wireSshKey(1)],
  action: wireAction(1),
  next_actions: [wireAction(2)],
  actions: [wireAction(1), wireAction(2, { status: "success" })],
  primary_ips: [primaryIp],
  images: [{ ...image, architecture: "x86" }],
  locations: [{ ...place, network_zone: "eu-central" }],
  server_types: [
    {
      ...serverType,
      cpu_type: "shared",
      architecture: "x86",
      prices,
      locations: [{ id: 1, name: "fsn1", deprecation }],
    },
  ],
  pricing: {
    currency: "EUR",
    vat_rate: "19.00",
    primary_ips: [{ type: "ipv4", prices }],
    server_types: [{ id: 1, name: "cx23", prices }],
  },
  meta: lastPage,
  ...wireError("invalid_input", "bad", { fields: [{ name: "a", messages: ["b"] }], limits: [{ name: "c" }] }),
};

/** The token or a piece of it of 12 or more. */
export const tokenPiece = fc
  .tuple(fc.nat(sampleToken.length - 12), fc.integer({ min: 12, max: sampleToken.length }))
  .map(([start, length]) => sampleToken.slice(start, Math.max(start + 12, start + length)));

/** Texts that quote the token here and there. */
export const quotingText = fc
  .array(
    fc.oneof(
      fc.string(),
      fc.string({ unit: "binary", maxLength: 5 }),
      tokenPiece,
      fc.constant(sampleToken.slice(0, 32)),
    ),
  )
  .map((parts) => parts.join(" "));

const oddValue = fc.oneof(fc.jsonValue({ maxDepth: 2 }), quotingText, tokenPiece, fc.constant(undefined));

/** A good body with a few values replaced by odd ones or missing, at any depth. */
const spoiledBody = fc
  .array(fc.record({ at: fc.nat(), value: oddValue }), { maxLength: 4 })
  .map((changes) => changes.reduce((body, { at, value }) => replaceAt(body, at % 200, value), structuredClone(good)))
  .map((body) => JSON.stringify(body));

/** Replaces the value with this number, counted in the order of JSON. */
function replaceAt<T>(body: T, at: number, value: unknown): T {
  let count = 0;
  return JSON.parse(JSON.stringify(body, (key, each) => (key !== "" && count++ === at ? value : each)));
}

/** The same JSON for whoever parses it, but the token is not to be read in the text. */
const escapeToken = (json: string) => json.replaceAll(/[QB]/g, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`);

const body = fc.oneof(
  { weight: 6, arbitrary: spoiledBody },
  { weight: 2, arbitrary: spoiledBody.map(escapeToken) },
  { weight: 1, arbitrary: fc.tuple(spoiledBody, fc.nat(2_000)).map(([text, length]) => text.slice(0, length)) },
  { weight: 2, arbitrary: fc.json() },
  { weight: 1, arbitrary: quotingText },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
);

const headerText = fc.oneof(
  fc.stringMatching(/^[\x21-\x7e\x80-\xff]{0,40}$/),
  fc.nat({ max: 9_999_999 }).map(String),
  tokenPiece,
  fc.constantFrom("-1", "0", "3600", "1e9", "NaN", "deadbeefdeadbeef"),
);
const contentType = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom("application/json", "application/json; charset=utf-8") },
  { weight: 1, arbitrary: fc.oneof(headerText, fc.constantFrom("text/html", "application/jsonp", "")) },
);
const headerNames = [
  "ratelimit-limit",
  "ratelimit-remaining",
  "ratelimit-reset",
  "x-correlation-id",
  "retry-after",
  "link",
];
const headers = fc.record(
  { "content-type": contentType, ...Object.fromEntries(headerNames.map((name) => [name, headerText])) },
  { requiredKeys: [] },
);

const status = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(200, 201, 204) },
  { weight: 3, arbitrary: fc.constantFrom(304, 400, 401, 403, 404, 405, 409, 412, 422, 423, 429, 500, 502, 503, 504) },
  { weight: 1, arbitrary: fc.integer({ min: 100, max: 999 }) },
);

export interface HostileAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string | Uint8Array<ArrayBuffer>;
  /** The connection is lost after this many bytes of the body. */
  readonly cutAt: number | null;
}

/** Any status, any headers, any body. */
export const hostileAnswer: fc.Arbitrary<HostileAnswer> = fc.record({
  status,
  headers,
  body,
  cutAt: fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat(500) }),
});

/** As `fetch` would give it. */
export function toResponse({ status, headers, body, cutAt }: HostileAnswer): Response {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const given = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const response = new Response(cutAt === null ? bytes : cutStream(bytes.slice(0, cutAt)), {
    headers: new Headers([...given.map(([name, value]): [string, string] => [name, value])]),
  });
  // The constructor takes only 200 to 599; the wire carries any three digits.
  return Object.defineProperty(response, "status", { value: status });
}

function cutStream(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
    },
    pull(controller) {
      controller.error(Object.assign(new TypeError("terminated"), { code: "UND_ERR_SOCKET" }));
    },
  });
}
