/** Where our SDK means to act otherwise than hcloud-go, and why. */
import * as z from "zod";
import { type Answer, type Aspect, type Case, canonical, type Row } from "./outcome.ts";

/** Both sides of one case, and what decided. */
export interface Pair {
  readonly go: Row;
  readonly ours: Row;
}

/** One row: it explains only the aspects it names, and only where `applies` recognises it. */
export interface IntendedDifference {
  readonly name: string;
  readonly reason: string;
  readonly covers: readonly Aspect[];
  readonly applies: (of: Case, pair: Pair) => boolean;
}

const errorBody = z.object({ error: z.object({ code: z.string() }) });
const jsonType = /^application\/json/;

/** The answer that a client got last. */
const lastAnswer = (of: Case, row: Row): Answer => of.answers[Math.min(row.sent.length, of.answers.length) - 1] ?? {};
const statusOf = ({ status = 200 }: Answer): number => status;
const codeOf = ({ json }: Answer): string | null => errorBody.safeParse(json).data?.error.code ?? null;
const isRead = ({ go, ours }: Pair): boolean => [...go.sent, ...ours.sent].every(({ method }) => method === "GET");
const bodyOf = ({ raw, json }: Answer): string =>
  typeof raw === "string"
    ? raw
    : raw === undefined
      ? JSON.stringify(json ?? null)
      : Buffer.from(raw).toString("latin1");
const isOk = ({ outcome }: Row): boolean => outcome.kind === "ok";
const isParse = ({ outcome }: Row): boolean => outcome.kind === "parse";

/** Whether a client's verdict is about this answer and no other. */
function isVerdictOn(answer: Answer, { outcome }: Row): boolean {
  if (answer.fault !== undefined) return outcome.kind === "transport";
  const code = codeOf(answer);
  if (code !== null) return outcome.kind === "api" && outcome.code === code;
  return statusOf(answer) < 400 || (outcome.kind === "status" && outcome.status === statusOf(answer));
}

/** What says nothing about whether a change was made. */
function leavesOpen(answer: Answer): boolean {
  const code = codeOf(answer);
  if (answer.fault === "hang") return true;
  return code === null ? [502, 504].includes(statusOf(answer)) : ["timeout", "bad_gateway"].includes(code);
}

const goStopped = (of: Case, pair: Pair): Answer | null =>
  pair.ours.sent.length > pair.go.sent.length ? lastAnswer(of, pair.go) : null;

const goesOn: readonly Aspect[] = ["tries", "kind", "code", "status", "timeout", "value"];
const verdict: readonly Aspect[] = ["kind", "code", "status"];
const result: readonly Aspect[] = ["kind", "value"];

const repetition: readonly IntendedDifference[] = [
  {
    name: "a write whose outcome is open is not sent again",
    reason:
      "hcloud-go repeats every method after timeouts, 502 and 504. There is no idempotency key: a repeated create makes a second server or fails on its own name. Ours stops with effect `unknown`, so that the caller reads back first.",
    covers: goesOn,
    applies: (of, pair) => {
      const last = lastAnswer(of, pair.ours);
      const isWrite = !isRead(pair) && pair.ours.sent.length < pair.go.sent.length;
      return isWrite && leavesOpen(last) && isVerdictOn(last, pair.ours);
    },
  },
  {
    name: "a read is repeated after a bare 503 or the code unavailable",
    reason: "A GET changes nothing, and both are how a service says that it is back soon. hcloud-go leaves them out.",
    covers: goesOn,
    applies: (of, pair) => {
      const stop = goStopped(of, pair);
      const saysBackSoon = (answer: Answer) =>
        (codeOf(answer) ?? (statusOf(answer) === 503 ? "unavailable" : null)) === "unavailable";
      return isRead(pair) && stop !== null && saysBackSoon(stop) && isVerdictOn(stop, pair.go);
    },
  },
  {
    name: "a read is repeated after a broken connection",
    reason: "A GET changes nothing. hcloud-go repeats only what reports itself as a timeout.",
    covers: goesOn,
    applies: (of, pair) => {
      const fault = goStopped(of, pair)?.fault;
      return isRead(pair) && fault !== undefined && ["reset", "close", "cut"].includes(fault);
    },
  },
  {
    name: "421 is repeated once by the platform",
    reason:
      "The fetch standard sends a request once more on a new connection after 421 Misdirected Request, which says that it was not looked at (RFC 9110 15.5.20). Node 24 fails to send a body twice, which ends as a broken connection.",
    covers: ["tries", "kind", "status"],
    applies: (of, pair) =>
      statusOf(lastAnswer(of, pair.go)) === 421 &&
      pair.go.sent.length === 1 &&
      (isRead(pair) ? pair.ours.sent.length === 2 : pair.ours.outcome.kind === "transport"),
  },
  {
    name: "one attempt has a time limit",
    reason: "hcloud-go waits for ever unless its HTTP client is given a limit; a worker cannot.",
    covers: goesOn,
    applies: (of, { go, ours }) => of.ownTimeoutMs !== undefined && isOk(go) && ours.outcome.timeout,
  },
  {
    name: "a wait survives a failed look",
    reason:
      "A look that fails says nothing about the actions: ours looks again until the deadline of the wait, hcloud-go ends the wait while the actions go on.",
    covers: goesOn,
    applies: (of, pair) => of.operation === "actions.wait" && goStopped(of, pair) !== null && !isOk(pair.go),
  },
  {
    name: "only success and error end an action",
    reason:
      "hcloud-go takes every status but `running` for an end. A new one would be called finished while it is not: ours looks again.",
    covers: ["tries", "value"],
    applies: (of, pair) => {
      const stop = goStopped(of, pair);
      const isPaused = of.operation === "actions.wait" && stop !== null && bodyOf(stop).includes('"paused"');
      return isPaused && canonical(pair.ours.outcome.value) === '{"failed":[],"succeeded":[1]}';
    },
  },
  {
    name: "a wait goes on for the actions that are there",
    reason: "One id that is not known (any more) is reported as missing; hcloud-go drops the news about all others.",
    covers: ["tries", "value"],
    applies: (of, { go, ours }) =>
      of.operation === "actions.wait" &&
      go.outcome.kind === "missing" &&
      ours.outcome.kind === "missing" &&
      ours.sent.length >= go.sent.length,
  },
];

const connection: readonly IntendedDifference[] = [
  {
    name: "redirects are refused",
    reason: "A redirect would carry the token elsewhere or turn a POST into a GET. The API has none.",
    covers: goesOn,
    applies: (of, { ours }) => {
      const status = statusOf(lastAnswer(of, ours));
      return (
        status >= 300 && status < 400 && ours.sent.length === 1 && ["transport", "parse"].includes(ours.outcome.kind)
      );
    },
  },
  {
    name: "407 never arrives as an answer",
    reason:
      "The fetch standard turns 407 Proxy Authentication Required into a network error; nothing can be read of it.",
    covers: ["kind", "status"],
    applies: (of, { ours }) => statusOf(lastAnswer(of, ours)) === 407 && ours.outcome.kind === "transport",
  },
  {
    name: "a body above 5 MiB is refused",
    reason: "The largest answer of the API is below 200 KiB; a broken proxy must not fill the memory.",
    covers: result,
    applies: (of, { go, ours }) =>
      bodyOf(lastAnswer(of, ours)).length > 5 * 1024 * 1024 && isOk(go) && ours.outcome.kind === "transport",
  },
  {
    name: "looks at actions set the page size",
    reason:
      "Both ask for at most 25 ids, which is the default page size; ours says so, hcloud-go sorts instead. Neither parameter is in the document.",
    covers: ["query"],
    applies: ({ operation }, { go, ours }) =>
      operation === "actions.wait" &&
      go.sent.every(({ query }) => query.endsWith("&page=1&sort=id&sort=status")) &&
      ours.sent.every(({ query }) => query.endsWith("&page=1&per_page=25")),
  },
  {
    name: "required fields are left to the types and to Hetzner",
    reason: "hcloud-go refuses an empty name itself; ours requires the field and lets the API judge its content.",
    covers: ["tries", ...result],
    applies: (of, { go, ours }) => of.args.name === "" && go.outcome.kind === "local" && ours.sent.length === 1,
  },
];

const errors: readonly IntendedDifference[] = [
  {
    name: "odd details do not cost the code",
    reason:
      "hcloud-go drops the whole error when `details` or `message` has another form; ours keeps every part that can be read.",
    covers: verdict,
    applies: (of, { go, ours }) =>
      go.outcome.kind === "status" && ours.outcome.kind === "api" && ours.outcome.code === codeOf(lastAnswer(of, ours)),
  },
  {
    name: "a code is a word of the API",
    reason:
      "What stands in the code's place and is no such word (spaces, 200 characters, nothing) is not passed on: it may be anybody's text. The status decides.",
    covers: verdict,
    applies: (_of, { go, ours }) =>
      go.outcome.kind === "api" &&
      !/^[a-z][a-z0-9_]{0,63}$/.test(go.outcome.code ?? "") &&
      ours.outcome.kind === "status" &&
      go.outcome.status === ours.outcome.status,
  },
  {
    name: "not found is believed with 404 alone",
    reason:
      "hcloud-go answers null for the code with any status; ours only when both say so: null lets local state go.",
    covers: verdict,
    applies: (of, { go, ours }) =>
      statusOf(lastAnswer(of, ours)) !== 404 && go.outcome.kind === "absent" && ours.outcome.code === "not_found",
  },
  {
    name: "what is not there is deleted",
    reason: "A delete that finds nothing has its result, above all after a first answer was lost. hcloud-go fails.",
    covers: verdict,
    applies: (of, { go, ours }) =>
      of.operation.endsWith(".delete") &&
      go.outcome.code === "not_found" &&
      go.outcome.status === 404 &&
      ours.outcome.kind === "absent",
  },
];

const hasFailedAction = (answer: Answer): boolean => bodyOf(answer).includes('"status":"error"');
/** What the callers of a wait learn of one action that failed. */
const failedOne = ({ outcome }: Row): unknown =>
  z.object({ failed: z.tuple([z.object({ id: z.literal(1), code: z.string() })]) }).safeParse(outcome.value).data
    ?.failed[0].code;

const reasons: readonly IntendedDifference[] = [
  {
    name: "an odd reason does not cost the end of an action",
    reason:
      "The status alone says that an action failed. hcloud-go ends the whole wait when `error` has another form, without the news; ours reports the failure and keeps what can be read of its reason.",
    covers: result,
    applies: (of, { go, ours }) =>
      of.operation === "actions.wait" &&
      hasFailedAction(lastAnswer(of, ours)) &&
      isParse(go) &&
      failedOne(ours) !== undefined,
  },
  {
    name: "a reason's code is a word of the API",
    reason: "As the code of an error answer; that something else was there is told to `onUnknownCode`.",
    covers: ["value"],
    applies: (of, { go, ours }) =>
      of.operation === "actions.wait" &&
      hasFailedAction(lastAnswer(of, ours)) &&
      failedOne(go) === "BrandNew" &&
      failedOne(ours) === "",
  },
];

const hasMark = (answer: Answer): boolean => bodyOf(answer).startsWith("\uFEFF");

const bodies: readonly IntendedDifference[] = [
  {
    name: "a byte order mark is skipped",
    reason: "The platform's UTF-8 decoder drops it (Encoding standard); encoding/json refuses it.",
    covers: [...verdict, "value"],
    applies: (of, { go, ours }) =>
      hasMark(lastAnswer(of, ours)) && (isParse(go) ? isOk(ours) : go.outcome.kind === "status"),
  },
  {
    name: "keys are read as they are written",
    reason: "encoding/json takes keys in any case; the API writes them in one.",
    covers: [...verdict, "value"],
    applies: (of, { go, ours }) =>
      /"(SERVERS?|ACTION|Error)":/.test(bodyOf(lastAnswer(of, ours))) &&
      (isOk(go) ? isParse(ours) : go.outcome.kind === "api" && ours.outcome.kind === "status"),
  },
  {
    name: "a success without what was asked for is none",
    reason:
      "hcloud-go fills what is missing or null with zero: a server with id 0, an empty list. Ours says that the answer is not understood, except where null has a meaning: no next actions, no prices, not locked.",
    covers: result,
    applies: (of, { go, ours }) => {
      const body = bodyOf(lastAnswer(of, ours));
      const isHollow = /^(\{\}|null)$|"servers":(null|\[null\])|"name":null|"server_type":null/.test(body);
      return isHollow && isOk(go) && isParse(ours);
    },
  },
  {
    name: "whole numbers may be written with a fraction",
    reason: "42.0 and 42 are the same number in JSON; encoding/json takes only the second for an integer.",
    covers: result,
    applies: (of, { go, ours }) => /"id":\d+\.0,/.test(bodyOf(lastAnswer(of, ours))) && isParse(go) && isOk(ours),
  },
  {
    name: "ids end at 2^53 - 1",
    reason: "So does the API's own description. A larger one would be rounded and name another thing: it is refused.",
    covers: result,
    applies: (of, { go, ours }) =>
      bodyOf(lastAnswer(of, ours)).includes('"id":9007199254740993') && isOk(go) && isParse(ours),
  },
  {
    name: "times are passed on as text",
    reason: "A time that cannot be read must not cost the server that carries it.",
    covers: result,
    applies: (of, { go, ours }) => bodyOf(lastAnswer(of, ours)).includes('"yesterday"') && isParse(go) && isOk(ours),
  },
  {
    name: "the body of a delete that has none is not looked at",
    reason: "hcloud-go reads `meta` from every JSON body, and fails after the deletion when it cannot.",
    covers: result,
    applies: (of, { go, ours }) => of.operation === "sshKeys.delete" && isParse(go) && isOk(ours),
  },
];

const pages: readonly IntendedDifference[] = [
  {
    name: "pages must move forward and end",
    reason: "A server that names the same page or an earlier one as the next would be asked for ever.",
    covers: goesOn,
    applies: (of, { go, ours }) =>
      of.operation === "servers.list" &&
      isParse(ours) &&
      /names page -?\d+ as the next|more than 100 pages/.test(ours.outcome.text) &&
      go.sent.length > ours.sent.length,
  },
  {
    name: "pages are followed whatever the answer is called",
    reason:
      "hcloud-go reads the entries of any 2xx but the next page only under application/json: a proxy that renames the type silently shortens the list to its first page.",
    covers: ["tries", "value"],
    applies: (of, { go, ours }) =>
      of.answers.some(({ headers }) => headers !== undefined && !jsonType.test(headers["Content-Type"] ?? "")) &&
      isOk(go) &&
      isOk(ours) &&
      ours.sent.length > go.sent.length,
  },
];

export const intendedDifferences: readonly IntendedDifference[] = [
  ...repetition,
  ...connection,
  ...errors,
  ...reasons,
  ...bodies,
  ...pages,
];
