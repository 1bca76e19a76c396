/** `docs/error-codes.md` as text, from the tables alone: nothing about a code is written here. */
import {
  type ApiErrorCode,
  apiErrorStatus,
  errorReasons,
  jobErrorRetried,
  readinessReasons,
} from "../contracts/errors.ts";
import { type OperationShape, operations } from "../contracts/operations.ts";
import { apiErrorGuidance } from "../shared/domain/api-guidance.ts";
import {
  decideConnect,
  explain,
  explainMismatch,
  isRefusal,
  judgeCheck,
  type TokenFate,
  type TokenShape,
  type Verdict,
} from "../shared/domain/credential-check.ts";
import {
  acquisitionFailures,
  failureOfFault,
  nodeFailures,
  type ProviderFaultClass,
  providerFaultClasses,
  releaseFailure,
  runFailures,
} from "../shared/domain/failure.ts";
import { type NodeRecord, readinessOf } from "../shared/domain/node.ts";
import { newNode } from "../shared/domain/plans/start.ts";
import { type ErrorRow, errorTable, statusTable, transportTable } from "../shared/hetzner/index.ts";

const code = (text: string | number): string => `\`${text}\``;
const yesNo = (value: boolean): string => (value ? "yes" : "no");
const sentences = (texts: readonly string[]): string => texts.join("<br>");
const row = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;

const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(heads), `|${heads.map(() => "---").join("|")}|`, ...rows.map(row)].join("\n");

const shapes: readonly (readonly [string, OperationShape])[] = Object.entries(operations);

const isApiCode = (name: string): name is ApiErrorCode => Object.hasOwn(apiErrorStatus, name);

const apiCodes = (): string => {
  const namedBy = (name: string) =>
    shapes.flatMap(([id, { errors = [] }]) => (errors.some((e) => e === name) ? [id] : []));
  const rows = Object.keys(apiErrorStatus)
    .filter(isApiCode)
    .map((name) => {
      const ids = namedBy(name);
      const named = ids.length === 0 ? "any operation" : ids.map(code).join(", ");
      return [code(name), String(apiErrorStatus[name]), named, apiErrorGuidance[name]];
    });
  return table(["code", "status", "named by", "what to do"], rows);
};

interface FoundFailure {
  readonly code: string;
  readonly reason: string | null;
  readonly guidance: readonly string[];
}

/** Every way in which a job can fail that the tables know, beside deletions that are refused. */
const jobFailures: readonly FoundFailure[] = [acquisitionFailures, nodeFailures, runFailures].flatMap((rows) =>
  Object.values(rows),
);

const reasonsUnder = (name: string): string => {
  if (name === "PROVIDER_RELEASE_FAILED") return "any";
  const used = jobFailures.flatMap((failure) => (failure.code === name ? [failure.reason] : []));
  const named = errorReasons.filter((reason) => used.includes(reason)).map(code);
  return named.join(", ") || "-";
};

const jobCodes = (): string => {
  const rows = Object.entries(jobErrorRetried).map(([name, retried]) => [
    code(name),
    yesNo(retried),
    reasonsUnder(name),
  ]);
  return table(["code", "next attempt by itself", "reasons"], rows);
};

const failuresOf = (failures: Readonly<Record<string, FoundFailure>>): string =>
  table(
    ["what happened", "code", "reason", "what to do"],
    Object.entries(failures).map(([name, { code: jobCode, reason, guidance }]) => [
      name.replaceAll("_", " "),
      code(jobCode),
      reason === null ? "-" : code(reason),
      sentences(guidance),
    ]),
  );

/** Codes of the contract that no table gives anything to do for: there must be none. */
export const findUnguided = (): string[] => {
  const releases = errorReasons.map((reason) => releaseFailure(reason, ""));
  const guided = [...jobFailures, ...releases].filter(({ guidance }) => guidance.join("").length > 0);
  const jobs = Object.keys(jobErrorRetried).filter((name) => !guided.some((failure) => failure.code === name));
  const api = Object.entries(apiErrorGuidance).flatMap(([name, text]) => (text === "" ? [name] : []));
  const told = readinessRows();
  const nodes = readinessReasons.filter((reason) => !told.some(([name, text]) => name === reason && text !== ""));
  return [...jobs, ...api, ...nodes];
};

const asAction = ({ class: requestClass, actionClass }: Pick<ErrorRow, "class" | "actionClass">): string => {
  const fault = { code: null, retryable: false, effect: "unknown", message: "", correlationId: null } as const;
  const failure = failureOfFault({ ...fault, class: actionClass ?? requestClass, phase: "action" });
  return `${code(failure.code)} ${failure.reason === null ? "" : code(failure.reason)}`.trim();
};

const hetznerRows = (faultClass: ProviderFaultClass): string[][] =>
  errorTable
    .filter((each) => each.class === faultClass)
    .map((each) => [
      code(each.code),
      each.documentedStatus === null ? "-" : String(each.documentedStatus),
      yesNo(each.retryable),
      each.effect,
      asAction(each),
      each.reason,
    ]);

/** One class: what it comes to in a job, what a person should do, and the codes of Hetzner that are in it. */
const hetznerClass = (faultClass: ProviderFaultClass): string => {
  const { code: jobCode, reason, guidance } = acquisitionFailures[faultClass];
  const retried = jobErrorRetried[jobCode] ? "next attempt by itself" : "no further attempt";
  const rows = hetznerRows(faultClass);
  const heads = ["Hetzner's code", "status", "may pass", "effect", "as the error of an action", "meaning"];
  const outcome = `${code(jobCode)}, reason ${code(reason)}, ${retried}.`;
  const advice = guidance.map((text) => `- ${text}`);
  const codes = rows.length === 0 ? "No code of Hetzner's, only answers without one, below." : table(heads, rows);
  return section(`### ${faultClass}`, [outcome, ...advice].join("\n"), codes);
};

const withoutCode = (): string =>
  table(
    ["status", "class", "may pass", "effect", "believed", "meaning"],
    statusTable.map((each) => [
      String(each.status),
      each.class,
      yesNo(each.retryable),
      each.effect,
      each.needsHetznerBody ? "only with Hetzner's error body, else unexpected_response" : "always",
      each.reason,
    ]),
  );

const belowHttp = (): string =>
  table(
    ["code", "class", "may pass", "effect", "meaning"],
    transportTable.map((each) => [code(each.code), each.class, yesNo(each.retryable), each.effect, each.reason]),
  );

const releaseReasons = (): string =>
  table(
    ["reason", "what to do"],
    errorReasons.map((reason) => [code(reason), sentences(releaseFailure(reason, "").guidance)]),
  );

// --- Providers ---

const verdicts = {
  connected: true,
  credential_rejected: true,
  token_readonly: true,
  rate_limited: true,
  provider_unavailable: true,
  unexpected_response: true,
} as const satisfies Record<Verdict, true>;
const isVerdict = (name: string): name is Verdict => Object.hasOwn(verdicts, name);
const verdictNames: readonly Verdict[] = Object.keys(verdicts).filter(isVerdict);

const verdictClasses = (verdict: Verdict): string => {
  if (verdict === "connected") return "a write that worked";
  const classes = providerFaultClasses.filter(
    (each) => judgeCheck([{ kind: "read", ok: false, class: each }]) === verdict,
  );
  return classes.join(", ");
};

const decisions = (): string =>
  table(
    ["status_reason", "from Hetzner's classes", "nothing stored", "unverified token stored", "working token stored"],
    verdictNames.map((verdict) => [
      code(verdict),
      verdictClasses(verdict),
      ...(["none", "unverified", "working"] as const).map((stored) => decideConnect(verdict, stored, "not_asked")),
    ]),
  );

const explained = (verdict: Verdict, shape: TokenShape, fate: TokenFate): string[] => {
  const { message, guidance } = explain({ verdict, shape, detail: null }, fate);
  const what = verdict === "credential_rejected" ? `${code(verdict)}, token looks ${shape}` : code(verdict);
  return [what, fate.replaceAll("_", " "), message, sentences(guidance) || "-"];
};

/** Other shapes than the plain one only change the first sentence of the guidance: one row tells it. */
const fatesOf = (verdict: Verdict, shape: TokenShape): readonly TokenFate[] => {
  if (verdict === "connected") return ["accepted"];
  if (shape !== "plain") return ["not_stored"];
  return isRefusal(verdict) ? ["not_stored", "old_one_stays"] : ["stored_unverified", "old_one_stays", "kept"];
};

const shapesOf = (verdict: Verdict): readonly TokenShape[] =>
  verdict === "credential_rejected" ? ["plain", "prefix", "wrapped"] : ["plain"];

const explanations = (): string => {
  const rows = verdictNames.flatMap((verdict) =>
    shapesOf(verdict).flatMap((shape) => fatesOf(verdict, shape).map((fate) => explained(verdict, shape, fate))),
  );
  const mismatch = [code("provider_project_mismatch"), "old one stays", explainMismatch.message];
  return table(
    ["reason", "the token", "message", "guidance"],
    [...rows, [...mismatch, sentences(explainMismatch.guidance)]],
  );
};

// --- Readiness ---

const anyNode = newNode({
  nodeId: "018f0000-0000-7000-8000-000000000001",
  jobId: "018f0000-0000-7000-8000-000000000002",
  providerId: "hetzner",
  name: undefined,
  serverType: "",
  location: "",
  image: "",
  monthlyCostCents: null,
  sshPort: 0,
  sshUser: "",
  nowMs: 0,
});

/** Two nodes that between them lack everything a node can lack. */
const unready: readonly NodeRecord[] = [
  { ...anyNode, status: "unreachable" },
  {
    ...anyNode,
    status: "active",
    publicIp: "192.0.2.1",
    sshPort: 22,
    sshUser: "root",
    probe: { checkedAtMs: 0, reached: true, sudo: false, runtime: false },
    forgottenEnvironments: 1,
  },
];

const readinessRows = (): (readonly [string, string])[] =>
  unready
    .map(readinessOf)
    .flatMap(({ reason_codes, guidance }) =>
      reason_codes.map((reason, index) => [reason, guidance[index] ?? ""] as const),
    );

const readiness = (): string =>
  table(
    ["reason code", "what to do"],
    readinessRows().map(([reason, text]) => [code(reason), text]),
  );

const header = (lastReviewed: string): string =>
  [
    "Status: active",
    "Owner: platform",
    `Last Reviewed: ${lastReviewed}`,
    "Depends On: contracts/errors.ts, contracts/operations.ts, shared/domain/api-guidance.ts, shared/domain/failure.ts, shared/domain/credential-check.ts, shared/domain/node.ts, shared/hetzner/error-table.ts, shared/hetzner/status-table.ts, shared/hetzner/transport-table.ts",
    "Supersedes: none",
  ].join("\n");

const section = (heading: string, text: string, ...tables: readonly string[]): string =>
  [`${heading}\n${text}`, ...tables].join("\n\n");

const jobsText =
  "A job ends with one `error_code`, and under it an `error_reason`. A code with a next attempt gets at most three attempts, with pauses of 1 and 5 minutes. Failed reads, rate limits and lost answers are waited out within a step and are no attempt.";

const runsText =
  "A playbook on the node, a backup or a restore. `log_tail` of the job holds the end of the output where a playbook failed.";

const hetznerText =
  "Each section is one class of answer: what the job ends with when the class is final, what to do, and Hetzner's codes in it. *May pass*: the same request may work later. *Effect* `unknown`: the change may have happened all the same; a create is then looked up, never blindly repeated. An action that fails is final, whatever its code, hence its own column.";

const connectText =
  "What a live check comes to, by what was stored before. `accept` stores the token, `store_unverified` keeps it and does not use it until a check succeeds, `show_refused` stores nothing and shows why: all three answer 200. `refuse` answers 422 `provider_credential_refused` and changes nothing. While a node, a tombstone or an open job exists the token must also be one of their project.";

/** The whole document. `lastReviewed` is a day, `YYYY-MM-DD`. */
export const buildErrorCodes = (lastReviewed: string): string =>
  [
    header(lastReviewed),
    "<!-- Generated by `npm run contract`. Do not edit: change the tables. -->",
    section("# Error codes", "Codes are stable: none is renamed, removed or given another meaning. Decide on codes."),
    section("## Errors of HTTP answers", "Any operation: no operation names it as its own.", apiCodes()),
    section("## Errors of jobs", jobsText, jobCodes()),
    section("## What Hetzner answers while a node is made", hetznerText),
    ...providerFaultClasses.map(hetznerClass),
    section(
      "### An answer without a code that is known",
      "The status decides. Any other 4xx counts as invalid_request, any other 5xx as unavailable with effect unknown.",
      withoutCode(),
    ),
    section("### No answer", "Below HTTP. Whatever is not listed counts as unavailable, effect unknown.", belowHttp()),
    section(
      "## Other ways in which a node's job fails",
      "Found by Pressluft, not told by Hetzner.",
      failuresOf(nodeFailures),
    ),
    section("## How work on a node fails", runsText, failuresOf(runFailures)),
    section(
      "## A server that cannot be deleted",
      "`PROVIDER_RELEASE_FAILED` on the job; the node's `deletion_blocked_reason` is the same reason.",
      releaseReasons(),
    ),
    section("## Connecting a provider", connectText, decisions(), explanations()),
    section("## Why a node is not ready", "In `readiness.reason_codes` of a node.", readiness()),
  ]
    .join("\n\n")
    .concat("\n");
