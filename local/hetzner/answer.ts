import { ApiError, messageOfCode, statusOfCode } from "./api-error.ts";
import type { Fault, FaultName } from "./fault-kinds.ts";

/** An answer as bytes; `delayMs` after the request was done. */
export interface Answer {
  readonly type: "answer";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly delayMs: number;
}

/** What the caller sees: an answer, a broken connection, or nothing ever. */
export type Outcome = Answer | { readonly type: "reset" } | { readonly type: "silence" };

/** What a fault plays with. */
export interface Stage {
  readonly fault: Fault;
  /** Does the request and gives its honest answer. */
  readonly run: () => Answer;
  /** An answer that words a refusal. */
  readonly refuse: (error: ApiError) => Answer;
  /** The 429 of the provider, with the budget at nothing. */
  readonly refuseRate: () => Answer;
  /** Has the request done `delayMs` from now. */
  readonly runLater: (delayMs: number) => void;
}

type Play = (stage: Stage) => Outcome;

const html =
  "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";
const pageType = { "Content-Type": "text/html" };
const commitsLateSeconds = 90;
const slowSeconds = 45;
const oversizedBytes = 33_554_432;

/** Words an error as its code and status say; `message` is the text of `code`. */
function errorOf(fault: Fault, code: string, message: string, details: unknown = null): ApiError {
  const chosen = fault.code ?? code;
  const status = fault.status ?? statusOfCode[chosen] ?? 422;
  const text = chosen === code ? message : (messageOfCode[chosen] ?? message);
  return new ApiError(status, chosen, fault.message ?? text, fault.details ?? details);
}

const refusing =
  (code: string, message: string, details: unknown = null): Play =>
  ({ fault, run, refuse }) => {
    if (fault.commit === true) run();
    return refuse(errorOf(fault, code, message, details));
  };

/** An answer without the provider's JSON, as something in between would give it. */
const bare =
  (status: number, body: string | null, type: Readonly<Record<string, string>>): Play =>
  ({ fault, run, refuse }) => {
    if (fault.commit === true) run();
    const answer = refuse(new ApiError(status, "", ""));
    const { "Content-Type": _json, ...headers } = answer.headers;
    return { ...answer, headers: { ...headers, ...type }, body };
  };

const afterRun =
  (play: Play): Play =>
  (stage) =>
    play({ ...stage, fault: { ...stage.fault, commit: true } });

/** Spoils a good answer; a refusal or an empty one stays as it is. */
const spoiling =
  (spoil: (answer: Answer, body: string, fault: Fault) => Partial<Answer>): Play =>
  ({ run, fault }) => {
    const answer = run();
    if (answer.status >= 300 || answer.body === null) return answer;
    return { ...answer, ...spoil(answer, answer.body, fault) };
  };

const plays: Partial<Record<FaultName, Play>> = {
  lost_before_commit: () => ({ type: "silence" }),
  lost_after_commit: ({ run }) => {
    run();
    return { type: "silence" };
  },
  reset_before_commit: () => ({ type: "reset" }),
  reset_after_commit: ({ run }) => {
    run();
    return { type: "reset" };
  },
  commits_late: ({ fault, refuse, runLater }) => {
    runLater((fault.seconds ?? commitsLateSeconds) * 1000);
    return fault.answer === "none" ? { type: "silence" } : refuse(new ApiError(504, "timeout", "request timeout"));
  },
  slow: ({ run, fault }) => ({ ...run(), delayMs: (fault.seconds ?? slowSeconds) * 1000 }),
  rate_limited: ({ refuseRate }) => refuseRate(),
  bad_gateway_html: bare(502, html, pageType),
  bad_gateway_html_after_commit: afterRun(bare(502, html, pageType)),
  unavailable_json: refusing("unavailable", "service unavailable"),
  unavailable_bare: bare(503, null, {}),
  timeout_json: refusing("timeout", "request timeout"),
  timeout_json_after_commit: afterRun(refusing("timeout", "request timeout")),
  timeout_bare: bare(504, null, {}),
  timeout_bare_after_commit: afterRun(bare(504, null, {})),
  server_error: refusing("server_error", "internal server error"),
  server_error_after_commit: afterRun(refusing("server_error", "internal server error")),
  empty_body: spoiling(() => ({ body: "" })),
  truncated_json: spoiling((_answer, body) => ({ body: body.slice(0, Math.ceil(body.length / 2)) })),
  html_content_type: spoiling((answer) => ({ headers: { ...answer.headers, ...pageType } })),
  wrong_shape: spoiling(() => ({ body: '{"unexpected":[true]}' })),
  oversized_body: spoiling((_answer, _body, fault) => ({
    body: `{"padding":"${"x".repeat(fault.sizeBytes ?? oversizedBytes)}"}`,
  })),
  redirect: ({ refuse }) => {
    const answer = refuse(new ApiError(302, "", ""));
    return { ...answer, headers: { ...answer.headers, Location: "https://elsewhere.invalid/v1/" }, body: null };
  },
  unknown_code: refusing("brand_new_code", "something this client has never heard of"),
  error: (stage) => {
    const { code = "maintenance" } = stage.fault;
    return refusing(code, messageOfCode[code] ?? code.replaceAll("_", " "))(stage);
  },
  odd_details: refusing("invalid_input", "invalid input", "see the manual"),
  sold_out: refusing("resource_unavailable", "error during placement"),
  quota: refusing("resource_limit_exceeded", "server limit exceeded", { limits: [{ name: "server_limit" }] }),
  key_not_visible: refusing("invalid_input", "SSH key not found", {}),
  locked: refusing("locked", "cannot perform operation because server is locked"),
  conflict: refusing("conflict", "the resource has changed during the request, please retry"),
};

/** Plays a fault that decides the answer. */
export function playFault(stage: Stage): Outcome {
  const play = plays[stage.fault.kind];
  return play === undefined ? stage.run() : play(stage);
}

/** Kinds that decide the answer and have a play: the guard test compares them with the table of kinds. */
export const playedKinds: readonly string[] = Object.keys(plays);
