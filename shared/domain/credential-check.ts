/** What a live check of a token means: from what Hetzner answered to what is stored, shown and advised. */
import type { ProviderFaultClass } from "./failure.ts";
import { type ManagedKey, type ProviderRecord, retire, tokenSteps } from "./provider.ts";

/** One call of a check, in its order. */
export type CallOutcome =
  | { readonly kind: "read" | "write"; readonly ok: true }
  | { readonly kind: "read" | "write"; readonly ok: false; readonly class: ProviderFaultClass };

/** Hetzner's last word on the token itself: nothing but another token helps. */
export type Refusal = "credential_rejected" | "token_readonly";
/** The check could not tell. */
export type Uncertain = "rate_limited" | "provider_unavailable" | "unexpected_response";
export type Verdict = "connected" | Refusal | Uncertain;

const verdictOf: Record<ProviderFaultClass, Refusal | Uncertain> = {
  unauthorized: "credential_rejected",
  token_readonly: "token_readonly",
  rate_limited: "rate_limited",
  unavailable: "provider_unavailable",
  timeout: "provider_unavailable",
  forbidden: "unexpected_response",
  quota_exceeded: "unexpected_response",
  capacity: "unexpected_response",
  invalid_request: "unexpected_response",
  conflict: "unexpected_response",
  busy: "unexpected_response",
  protected: "unexpected_response",
  not_found: "unexpected_response",
  action_failed: "unexpected_response",
  api_changed: "unexpected_response",
  unexpected_response: "unexpected_response",
};

export const isRefusal = (verdict: Verdict): verdict is Refusal =>
  verdict === "credential_rejected" || verdict === "token_readonly";

/**
 * Read or read and write is all that Hetzner's tokens differ in, and its client deprecated the code `token_readonly` in
 * favour of `forbidden` (hcloud-go 2.51): a token that reads and is forbidden to write can only read.
 */
const verdictOfCall = (call: Extract<CallOutcome, { ok: false }>, canRead: boolean): Refusal | Uncertain =>
  canRead && call.kind === "write" && call.class === "forbidden" ? "token_readonly" : verdictOf[call.class];

/**
 * The verdict over the calls of one check, in their order. Only a write that worked connects: reads work with a read-only
 * token too. A refusal of the token outweighs what else went wrong; otherwise the last failure counts.
 */
export const judgeCheck = (outcomes: readonly CallOutcome[]): Verdict => {
  if (outcomes.some((call) => call.ok && call.kind === "write")) return "connected";
  const canRead = outcomes.some((call) => call.ok);
  const failures = outcomes.flatMap((call) => (call.ok ? [] : [verdictOfCall(call, canRead)]));
  return failures.find(isRefusal) ?? failures.at(-1) ?? "unexpected_response";
};

/** What is stored before a connect. `unverified` was never known to work, so a new try replaces it as if it were not there. */
export type Stored = "none" | "unverified" | "working";

export const storedToken = (provider: ProviderRecord | undefined): Stored => {
  if (provider === undefined || provider.tokenSecret === null) return "none";
  return provider.tokenVerified ? "working" : "unverified";
};

/** Does the new token see what we have in the project? Asked only while something is there; `unproven`: no answer. */
export type ProjectMatch = "not_asked" | "same" | "other" | "unproven";

/**
 * `accept`: store it, connected. `store_unverified`: keep it for later checks, unusable until one succeeds.
 * `show_refused`: do not store it, show why. `refuse`, `project_mismatch`: change nothing, say why.
 */
export type ConnectDecision = "accept" | "store_unverified" | "show_refused" | "refuse" | "project_mismatch";

/** The table of the API contract (POST /api/providers), both columns. */
export const decideConnect = (verdict: Verdict, stored: Stored, project: ProjectMatch): ConnectDecision => {
  if (project === "other") return "project_mismatch";
  if (verdict === "connected") return "accept";
  // What we have may not be handed to a token of unknown project, not even later.
  if (stored === "working" || project === "unproven") return "refuse";
  return isRefusal(verdict) ? "show_refused" : "store_unverified";
};

/** What a token looks like. It never decides anything; it only picks the advice after a refusal. */
export type TokenShape = "wrapped" | "prefix" | "plain";

export const tokenShape = (token: string): TokenShape => {
  if (/^["'`\s]|["'`\s]$/.test(token)) return "wrapped";
  return token.length === 32 ? "prefix" : "plain";
};

/** What became of the checked token: `kept` is one that was stored before and stays. */
export type TokenFate = "accepted" | "not_stored" | "stored_unverified" | "old_one_stays" | "kept";

export interface Explanation {
  readonly message: string;
  readonly guidance: readonly string[];
}

const messages: Record<Verdict, string> = {
  connected: "Connected: Hetzner accepted the token for reading and writing.",
  credential_rejected: "Hetzner does not accept the token.",
  token_readonly: "The token can only read; making servers needs one that can write.",
  rate_limited: "Hetzner takes no more requests for this project at the moment, so the token could not be checked.",
  provider_unavailable: "Hetzner did not answer as usual, so the token could not be checked.",
  unexpected_response: "Hetzner's answer does not tell whether the token works.",
};

const rejectedAdvice: Record<TokenShape, string> = {
  wrapped: "There are quotes or white space around the token. Copy only its letters and digits, then connect again.",
  prefix:
    "The token has 32 characters: that is the beginning which Hetzner's console goes on showing in its list. The whole token has 64 and is shown only once, when it is made. Make a new one.",
  plain:
    "The token is not complete, or it has been deleted in Hetzner's console. Copy it again in full, or make a new one.",
};

const advice: Record<Exclude<Verdict, "connected" | "credential_rejected">, readonly string[]> = {
  token_readonly: [
    "A token's permission cannot be changed. Make a new token with the permission Read & Write and delete this one.",
    ...tokenSteps,
  ],
  rate_limited: [
    "Look for other programs that use this Hetzner project and slow them down; the requests come back over the hour.",
  ],
  provider_unavailable: [
    "Look at status.hetzner.com for a fault or maintenance. If it shows none, see whether this installation can reach Hetzner's API.",
  ],
  unexpected_response: [
    "See whether a proxy stands between this installation and Hetzner's API, and whether this is the newest version of Pressluft. If both are in order, report it.",
  ],
};

const refusedEnding: Partial<Record<TokenFate, string>> = {
  old_one_stays: "The connection was left as it was: the token stored before stays in use.",
};

const uncertainEnding: Partial<Record<TokenFate, string>> = {
  stored_unverified:
    "The token is kept and checked again every minute. It is not used until Hetzner has accepted it; nothing needs to be entered again.",
  old_one_stays: "The connection was left as it was. Connect again in some minutes.",
  kept: "The token is checked again by itself every few minutes.",
};

/** What a check found out about a token. */
export interface Finding {
  readonly verdict: Verdict;
  readonly shape: TokenShape;
  /** For whoever asks Hetzner's support: the class of the last failure and its correlation id. Never Hetzner's own words. */
  readonly detail: string | null;
}

/** What to tell a person about it, and what to do next. */
export const explain = ({ verdict, shape, detail }: Finding, fate: TokenFate): Explanation => {
  if (verdict === "connected") return { message: messages.connected, guidance: [] };
  const refusal = isRefusal(verdict);
  const message = refusal || detail === null ? messages[verdict] : `${messages[verdict]} (${detail})`;
  const steps = verdict === "credential_rejected" ? [rejectedAdvice[shape], ...tokenSteps] : advice[verdict];
  const ending = refusal ? refusedEnding[fate] : uncertainEnding[fate];
  return { message, guidance: [...steps, ...(ending === undefined ? [] : [ending])] };
};

/** What to tell when the new token belongs to another project than the servers. */
export const explainMismatch: Explanation = {
  message: "The token belongs to another Hetzner project than the nodes that exist here. Nothing was changed.",
  guidance: [
    "Make the new token in the same Hetzner project: the one in whose list of servers the nodes stand.",
    "To change to another project, first delete every node and wait until none is billed any more.",
  ],
};

/** One finished check, with our key as it is known now; null leaves what is stored. */
export interface CheckResult extends Finding {
  readonly managedKey: ManagedKey | null;
}

type ChangingDecision = Exclude<ConnectDecision, "refuse" | "project_mismatch">;

const fateOf: Record<ChangingDecision, TokenFate> = {
  accept: "accepted",
  store_unverified: "stored_unverified",
  show_refused: "not_stored",
};

/** The provider after a connect that changes it. `secret` is where the token is kept now; null when it is not. */
export const afterConnect = (
  before: ProviderRecord,
  change: { decision: ChangingDecision; check: CheckResult; secret: string | null; nowMs: number },
): ProviderRecord => {
  const { decision, check, secret, nowMs } = change;
  const { message, guidance } = explain(check, fateOf[decision]);
  const accepted = decision === "accept";
  return {
    ...before,
    status: accepted ? "connected" : "degraded",
    statusReason: check.verdict === "connected" ? null : check.verdict,
    statusMessage: message,
    guidance: [...guidance],
    tokenSecret: secret,
    tokenVerified: accepted,
    retiredSecrets: retire(before, secret),
    managedKey: check.managedKey ?? before.managedKey,
    connectedAtMs: accepted ? nowMs : null,
    lastCheckedAtMs: nowMs,
    uncertainChecks: 0,
    updatedAtMs: nowMs,
  };
};

/** Checks in a row that could not tell after which a provider no longer counts as connected. */
const UNCERTAIN_MAX = 3;

/**
 * The provider after a check of its stored token. A refusal changes the status at once, an uncertain answer only the third
 * in a row, success always. An unverified token that turns out to be refused is dropped, as a connect would have done.
 */
export const decideRecheck = (check: CheckResult, before: ProviderRecord, nowMs: number): ProviderRecord => {
  const { verdict } = check;
  const seen = {
    ...before,
    managedKey: check.managedKey ?? before.managedKey,
    lastCheckedAtMs: nowMs,
    updatedAtMs: nowMs,
  };
  if (verdict === "connected") return recovered(seen, nowMs);
  if (!isRefusal(verdict)) return uncertain(seen, check, verdict);
  if (!before.tokenVerified) return afterConnect(seen, { decision: "show_refused", check, secret: null, nowMs });
  return { ...degraded(seen, verdict, explain(check, "kept")), uncertainChecks: 0 };
};

const recovered = (seen: ProviderRecord, nowMs: number): ProviderRecord => ({
  ...seen,
  status: "connected",
  statusReason: null,
  statusMessage: messages.connected,
  guidance: [],
  tokenVerified: true,
  connectedAtMs: seen.connectedAtMs ?? nowMs,
  uncertainChecks: 0,
});

const degraded = (seen: ProviderRecord, reason: Refusal | Uncertain, why: Explanation): ProviderRecord => ({
  ...seen,
  status: "degraded",
  statusReason: reason,
  statusMessage: why.message,
  guidance: [...why.guidance],
});

const uncertain = (before: ProviderRecord, check: Finding, verdict: Uncertain): ProviderRecord => {
  const seen = { ...before, uncertainChecks: before.uncertainChecks + 1 };
  const why = explain(check, before.tokenVerified ? "kept" : "stored_unverified");
  if (before.status === "connected" && seen.uncertainChecks < UNCERTAIN_MAX)
    return { ...seen, statusMessage: `Connected, but the last check could not tell: ${why.message}` };
  // A refusal stays what is known until Hetzner says something else about the token.
  const refused = before.statusReason === "credential_rejected" || before.statusReason === "token_readonly";
  return refused ? seen : degraded(seen, verdict, why);
};

/** The sweeper comes every minute, now and then a little early. */
const UNVERIFIED_EVERY_MS = 50_000;
const STORED_EVERY_MS = 5 * 60_000;

/** Is the stored token to be checked again by itself? */
export const isRecheckDue = (provider: ProviderRecord, nowMs: number): boolean =>
  provider.tokenSecret !== null &&
  nowMs - (provider.lastCheckedAtMs ?? 0) >= (provider.tokenVerified ? STORED_EVERY_MS : UNVERIFIED_EVERY_MS);
