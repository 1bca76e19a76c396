import type { FaultName } from "./fault-kinds.ts";
import { bodyMaxBytes, type Incoming } from "./serve.ts";
import type { Token } from "./tokens.ts";

/** One request as it was served; without tokens and user data. */
export interface ServedRequest {
  /** Counts from 1 over the life of the simulator. */
  readonly number: number;
  readonly atMs: number;
  readonly method: string;
  /** Below /v1. */
  readonly path: string;
  readonly query: string;
  /** Pattern of the route, null when it did not come that far. */
  readonly route: string | null;
  /** `<project>-<permission>-<position>`, null for an unknown token. */
  readonly tokenName: string | null;
  readonly permission: "rw" | "ro" | null;
  readonly project: string | null;
  readonly correlationId: string;
  /** Null for a reset, for silence, and when the simulator itself failed. */
  readonly status: number | null;
  readonly outcome: "answer" | "reset" | "silence" | "failure" | null;
  readonly faults: readonly FaultName[];
  /** Set when a write was done after its answer. */
  readonly lateCommit: { readonly atMs: number; readonly status: number } | null;
  /** The body as JSON, user_data replaced by its size; null without one. */
  readonly body: unknown;
}

/** What is noted on a request while it is served. */
export type Note = Partial<Pick<ServedRequest, "route" | "status" | "outcome" | "faults" | "lateCommit">>;

/** How many requests a route has served. */
export interface RouteCount {
  readonly method: string;
  /** Pattern such as `/servers/{id}`; null for requests that were refused before a route was looked for. */
  readonly route: string | null;
  readonly total: number;
  /** By status, or `reset`, `silence` and `failure` for those without an answer. */
  readonly outcomes: Readonly<Record<string, number>>;
}

/** The requests served, oldest first. */
export interface RequestLog {
  add(entry: { atMs: number; incoming: Incoming; token: Token | null; correlationId: string }): number;
  note(number: number, note: Note): void;
  all(): readonly ServedRequest[];
  /** By route, in the order in which each was first used; whatever was served, also what is forgotten by now. */
  counts(): readonly RouteCount[];
  /** Starts anew, except for the numbers. */
  forget(): void;
}

/** Older ones are forgotten; their numbers go on. */
const keptMax = 20_000;

/** What a body was, when it cannot be shown. */
const sizeOf = (text: string): string => {
  const sizeBytes = Buffer.byteLength(text);
  return sizeBytes > bodyMaxBytes ? `<more than ${bodyMaxBytes} bytes>` : `<${sizeBytes} bytes>`;
};

/** Parsed first and cut then: escapes in JSON can hide a token. */
function summarize(text: string, scrub: (text: string) => string): unknown {
  if (text === "") return null;
  try {
    return scrubValue(JSON.parse(text), scrub);
  } catch {
    return sizeOf(text);
  }
}

function scrubValue(value: unknown, scrub: (text: string) => string): unknown {
  if (typeof value === "string") return scrub(value);
  if (Array.isArray(value)) return value.map((item) => scrubValue(item, scrub));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => {
    const isSecret = key === "user_data" && typeof item === "string";
    return [scrub(key), isSecret ? sizeOf(item) : scrubValue(item, scrub)] as const;
  });
  return Object.fromEntries(entries);
}

/** A path as it was sent, unless escapes in it hide a token. */
function scrubPath(path: string, scrub: (text: string) => string): string {
  const decoded = decodePath(path);
  const scrubbed = scrub(decoded);
  return scrubbed === decoded ? scrub(path) : scrubbed;
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** An empty log. `scrub` cuts secrets out of texts. */
export function makeRequestLog(scrub: (text: string) => string): RequestLog {
  const kept: ServedRequest[] = [];
  const counts = new Map<string, RouteCount>();
  let count = 0;

  const tally = ({ method, route, status, outcome }: ServedRequest): void => {
    const key = `${method} ${route}`;
    const word = String(status ?? outcome);
    const { total, outcomes }: Pick<RouteCount, "total" | "outcomes"> = counts.get(key) ?? { total: 0, outcomes: {} };
    counts.set(key, { method, route, total: total + 1, outcomes: { ...outcomes, [word]: (outcomes[word] ?? 0) + 1 } });
  };
  return {
    add({ atMs, incoming, token, correlationId }) {
      count += 1;
      kept.push({
        number: count,
        atMs,
        method: scrub(incoming.method),
        path: scrubPath(incoming.path, scrub),
        query: scrub(incoming.query.toString()),
        route: null,
        tokenName: token?.name ?? null,
        permission: token?.permission ?? null,
        project: token?.project.name ?? null,
        correlationId,
        status: null,
        outcome: null,
        faults: [],
        lateCommit: null,
        body: summarize(incoming.text, scrub),
      });
      if (kept.length > keptMax) kept.shift();
      return count;
    },
    note(number, note) {
      const index = number - (count - kept.length) - 1;
      const served = kept[index];
      if (served === undefined) return;
      const noted = { ...served, ...note };
      kept[index] = noted;
      if (note.outcome !== undefined) tally(noted);
    },
    all: () => kept,
    counts: () => [...counts.values()],
    forget() {
      kept.length = 0;
      counts.clear();
    },
  };
}
