import { makeSteppedClock, type SteppedClock } from "./clock.ts";
import type { SimulatorOptions } from "./options.ts";
import { makeSimulator, type Simulator } from "./simulator.ts";

/** 2026-11-22T12:00:00Z: after everything in the catalogue that has ended. */
export const startMs = 1_795_348_800_000;

/** 64 characters, as the provider's tokens have. */
export const tokens = {
  rw: "rw0".padEnd(64, "A"),
  ro: "ro0".padEnd(64, "B"),
  other: "rw1".padEnd(64, "C"),
  unknown: "no0".padEnd(64, "D"),
} as const;

/** An answer as a test looks at it; `body` is the parsed JSON, or the text when it is none. */
export interface Seen {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: unknown;
}

/** A simulator with a stepped clock and the words its tests are written in. */
export interface Fixture {
  readonly clock: SteppedClock;
  readonly simulator: Simulator;
  /** Sends a request to a path below /v1 with the read-write token. */
  call(method: string, path: string, body?: unknown, options?: CallOptions): Promise<Seen>;
  /** Makes a server and gives the answer. */
  create(name: string, fields?: Readonly<Record<string, unknown>>): Promise<Seen>;
}

/** What a test may change about a request. */
export interface CallOptions {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A public key whose blob holds `seed`, so that tests can have several. */
export function publicKey(seed: number): string {
  const type = "ssh-ed25519";
  const blob = Buffer.alloc(4 + type.length + 4 + 32, seed);
  blob.writeUInt32BE(type.length, 0);
  blob.write(type, 4);
  blob.writeUInt32BE(32, 4 + type.length);
  return `${type} ${blob.toString("base64")} test`;
}

/** The value at a dotted path of parsed JSON; undefined when there is none. */
export function at(value: unknown, path: string): unknown {
  let found: unknown = value;
  for (const key of path.split(".")) {
    if (typeof found !== "object" || found === null) return undefined;
    found = Object.entries(found).find(([name]) => name === key)?.[1];
  }
  return found;
}

/** The number at a dotted path; throws when there is none. */
export function numberAt(value: unknown, path: string): number {
  const found = at(value, path);
  if (typeof found !== "number") throw new Error(`no number at ${path} in ${JSON.stringify(value)}`);
  return found;
}

/** The names in a list answer. */
export function namesIn(seen: Seen, list: string): unknown[] {
  const items = at(seen.body, list);
  return Array.isArray(items) ? items.map((item) => at(item, "name")) : [];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Makes the fixture; options override the usual two projects. */
export function makeFixture(options: Partial<SimulatorOptions> = {}): Fixture {
  const clock = makeSteppedClock(startMs);
  const simulator = makeSimulator({
    clock,
    projects: [
      {
        name: "demo",
        tokens: [
          { value: tokens.rw, permission: "rw" },
          { value: tokens.ro, permission: "ro" },
        ],
      },
      { name: "other", tokens: [{ value: tokens.other, permission: "rw" }] },
    ],
    ...options,
  });
  const call: Fixture["call"] = async (method, path, body, { token = tokens.rw, headers = {}, signal } = {}) => {
    const response = await simulator.wireFetch(`https://api.hetzner.cloud/v1${path}`, {
      method,
      redirect: "manual",
      headers: {
        Authorization: `Bearer ${token}`,
        "User-Agent": "test",
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parse(text) };
  };
  const create: Fixture["create"] = (name, fields = {}) =>
    call("POST", "/servers", { name, server_type: "cx23", image: "debian-13", location: "fsn1", ...fields });
  return { clock, simulator, call, create };
}
