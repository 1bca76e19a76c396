import { type Hetzner, type HetznerOptions, makeHetzner, type WaitResult } from "../index.ts";
import { sampleToken, wireAction, wireError } from "./fixtures.ts";
import { makeSteppedClock, type SteppedClock } from "./stepped-clock.ts";

/** What Hetzner has at a moment: by id, undefined for what it does not know. */
type Actions = Record<number, Record<string, unknown> | undefined>;

interface Look {
  readonly atMs: number;
  readonly ids: number[];
}

export interface Scene {
  readonly clock: SteppedClock;
  readonly looks: Look[];
  readonly actions: Actions;
  /** Instead of the actions; taken one a look. */
  readonly answers: (Response | "hang" | Error)[];
  readonly headers: Record<string, string>;
  client(options?: Partial<HetznerOptions>): Hetzner;
}

export const startMs = 1_000_000;
export const token = sampleToken;
export const done = { status: "success", progress: 100, finished: "2026-11-01T10:00:20+00:00" };
export const nothing = { succeeded: [], failed: [], missing: [], running: [], lastError: null };
export const refusal = (status: number, code: string) => Response.json(wireError(code), { status });

/** A Hetzner of actions alone, at the wire, that notes every look. */
export function makeScene(actions: Actions): Scene {
  const clock = makeSteppedClock(startMs);
  const scene = { clock, looks: [] as Look[], actions, answers: [] as Scene["answers"], headers: {} };
  const fetch: typeof globalThis.fetch = async (url, init) => {
    const ids = new URL(String(url)).searchParams.getAll("id").map(Number);
    scene.looks.push({ atMs: clock.now() - startMs, ids });
    const answer = scene.answers.shift();
    if (answer === "hang") return hang(init?.signal);
    if (answer instanceof Error) throw answer;
    const found = ids.flatMap((id) => (actions[id] === undefined ? [] : [wireAction(id, actions[id])]));
    return answer ?? Response.json({ actions: found }, { headers: scene.headers });
  };
  const client = (options: Partial<HetznerOptions> = {}) =>
    makeHetzner({ token, fetch, clock, random: () => 0.5, ...options });
  return { ...scene, client };
}

function hang(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
}

/** Ids, and what became of them. */
export function summary(result: WaitResult) {
  return {
    ...result,
    succeeded: result.succeeded.map(({ id }) => id),
    failed: result.failed.map(({ action, error }) => [action.id, error.class]),
    lastError: result.lastError?.class ?? null,
  };
}

export const minute = { deadlineMs: 60_000 };
export const times = ({ looks }: Scene) => looks.map(({ atMs }) => atMs);
