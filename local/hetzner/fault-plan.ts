import { type Fault, faultKind, faultKinds } from "./fault-kinds.ts";
import { nextRandom, randomPick } from "./random.ts";
import type { WorldData } from "./records.ts";
import { readSentinels } from "./sentinels.ts";

/** What a fault is matched against. */
export interface Subject {
  readonly project: string;
  readonly method: string;
  readonly route: string;
  /** Name of the server or key that the request is about, when it is about one. */
  readonly name: string | null;
}

/** Faults of one request: at most one that decides the answer, and all that change what follows. */
export interface Chosen {
  readonly answer: Fault | null;
  readonly effects: readonly Fault[];
}

/** Without method and route a fault means every request that suits its kind. */
function matches(fault: Fault, subject: Subject): boolean {
  if (fault.name !== undefined && fault.name !== subject.name) return false;
  if (fault.method === undefined && fault.route === undefined) {
    return faultKind(fault.kind).suits.some((ref) => ref.method === subject.method && ref.route === subject.route);
  }
  return (fault.method ?? subject.method) === subject.method && (fault.route ?? subject.route) === subject.route;
}

/** Counts the match; true when it lies within the fault's nth and times. */
function isDue(planned: WorldData["plan"][number]): boolean {
  planned.matched += 1;
  const first = planned.fault.nth ?? 1;
  return planned.matched >= first && planned.matched < first + (planned.fault.times ?? 1);
}

function fromPlan(data: WorldData, subject: Subject): Fault[] {
  return data.plan
    .filter((planned) => matches(planned.fault, subject) && isDue(planned))
    .map((planned) => planned.fault);
}

/** A sentinel works once per server name and request, or as often as its `x<n>` says: trying again succeeds. */
function fromName(data: WorldData, subject: Subject): Fault[] {
  if (subject.name === null) return [];
  return readSentinels(subject.name).filter((fault) => {
    if (!matches(fault, subject)) return false;
    const key = [subject.project, subject.name, subject.method, subject.route, fault.kind].join(" ");
    const used = data.sentinelUses[key] ?? 0;
    data.sentinelUses[key] = used + 1;
    return used < (fault.times ?? 1);
  });
}

const decidesAnswer = (fault: Fault): boolean => ["request", "refusal"].includes(faultKind(fault.kind).area);

/** The faults of a request, counted as used. Of several that decide the answer the first planned one wins. */
export function takeFaults(data: WorldData, subject: Subject): Chosen {
  const due = [...fromPlan(data, subject), ...fromName(data, subject)];
  return { answer: due.find(decidesAnswer) ?? null, effects: due.filter((fault) => !decidesAnswer(fault)) };
}

/** `count` faults drawn from all kinds and their routes; the same seed gives the same faults. */
export function seededFaults(seed: number, count: number): readonly Fault[] {
  const random = { randomState: seed };
  return Array.from({ length: count }, () => {
    const kind = randomPick(random, faultKinds);
    const nth = 1 + Math.floor(nextRandom(random) * 3);
    return { kind: kind.name, ...randomPick(random, kind.suits), nth };
  });
}
