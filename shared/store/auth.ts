/**
 * The operator, sessions, API tokens and login tries. Passwords come in as hashes; of sessions and API tokens only the
 * SHA-256 is stored, which is enough for 256 random bits. `expires_at_s` only cleans up: every reader compares with now.
 */
import { timingSafeEqual } from "node:crypto";
import * as z from "zod";
import { decideTry, type LoginTries, loginTries, type TryDecision } from "../domain/login.ts";
import { fromItem, fromPage, toItem } from "./items.ts";
import { keys, partitions, sha256Hex } from "./keys.ts";
import type { Condition, Item, Table } from "./table.ts";

const timeMs = z.number().int();
const toSeconds = (ms: number): number => Math.ceil(ms / 1000);

// --- Operator ---

const operatorRecord = z.object({
  email: z.string(),
  passwordHash: z.string(),
  /** Sessions of another generation than this one are dead. */
  generation: z.number().int(),
  createdAtMs: timeMs,
  updatedAtMs: timeMs,
});
export type OperatorRecord = z.infer<typeof operatorRecord>;

/**
 * The generation alone, among the sessions: functions that check sessions may not read the operator's item, which holds
 * the password's hash. No session has this name, since theirs are 64 hex digits.
 */
const generationKey = () => keys.session("generation");

/** There is one operator or none. */
export const findOperator = async (table: Table): Promise<OperatorRecord | undefined> => {
  const item = await table.get(keys.operator());
  return item && fromItem(operatorRecord, item);
};

/**
 * Makes the operator when `before` is undefined, else gives the operator a new password (and e-mail) and ends every
 * session. False when there is another operator by now than `before`; nothing is changed then.
 */
export const putOperator = async (
  table: Table,
  change: { before: OperatorRecord | undefined; email: string; passwordHash: string; nowMs: number },
): Promise<boolean> => {
  const { before, email, passwordHash, nowMs } = change;
  const generation = (before?.generation ?? 0) + 1;
  const record = { email, passwordHash, generation, createdAtMs: before?.createdAtMs ?? nowMs, updatedAtMs: nowMs };
  const unchanged: Condition =
    before === undefined ? { exists: false } : { attribute: "generation", is: "=", value: before.generation };
  const result = await table.write(
    { put: toItem(keys.operator(), record), when: [unchanged] },
    { put: { ...generationKey(), generation } },
  );
  return result.ok;
};

// --- Sessions ---

const sessionRecord = z.object({ email: z.string(), generation: z.number().int(), expiresAtMs: timeMs });

/** `id` is the SHA-256 of the session's token: it names the session and opens nothing. */
export type Session = z.infer<typeof sessionRecord> & { id: string };

export const sessionHours = 24;

/** `token` is 32 random bytes as text. */
export const openSession = async (
  table: Table,
  { token, operator, nowMs }: { token: string; operator: OperatorRecord; nowMs: number },
): Promise<Session> => {
  const id = sha256Hex(token);
  const expiresAtMs = nowMs + sessionHours * 3_600_000;
  const record = { email: operator.email, generation: operator.generation, expiresAtMs };
  await table.write({ put: toItem(keys.session(id), { ...record, expires_at_s: toSeconds(expiresAtMs) }) });
  return { id, ...record };
};

/** Undefined for a session that is unknown, expired, revoked, or older than the operator's last reset. */
export const findSession = async (table: Table, id: string, nowMs: number): Promise<Session | undefined> => {
  const [item, current] = await Promise.all([table.get(keys.session(id)), table.get(generationKey())]);
  if (item === undefined) return undefined;
  const session = fromItem(sessionRecord, item);
  return session.expiresAtMs > nowMs && session.generation === current?.generation ? { id, ...session } : undefined;
};

export const closeSession = async (table: Table, id: string): Promise<void> => {
  await table.write({ delete: keys.session(id) });
};

// --- API tokens ---

const apiTokenRecord = z.object({
  id: z.string(),
  name: z.string(),
  /** The operator when the token was made. */
  email: z.string(),
  secretHash: z.string(),
  createdAtMs: timeMs,
  expiresAtMs: timeMs.nullable(),
});
export type ApiTokenRecord = z.infer<typeof apiTokenRecord>;

/** `plt_<id without dashes>_<32 random bytes>`: the id finds the record, so that no look-up depends on the secret. */
export const apiTokenValue = (id: string, secret: string): string => `plt_${id.replaceAll("-", "")}_${secret}`;
const tokenShape = /^plt_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})_[A-Za-z0-9_-]{43}$/;
const tokenId = (value: string): string | undefined => tokenShape.exec(value)?.slice(1).join("-");

const isSameHash = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

export const putApiToken = async (
  table: Table,
  { value, ...token }: Omit<ApiTokenRecord, "secretHash"> & { value: string },
): Promise<void> => {
  const cleanUp = token.expiresAtMs === null ? {} : { expires_at_s: toSeconds(token.expiresAtMs) };
  const record = { ...token, secretHash: sha256Hex(value), ...cleanUp };
  const index = { list_pk: partitions.apiTokens, list_sk: token.id };
  await table.write({ put: toItem(keys.apiToken(token.id), record, index), when: [{ exists: false }] });
};

/** Undefined when there is none, or it has expired. */
export const findApiTokenById = async (
  table: Table,
  id: string,
  nowMs: number,
): Promise<ApiTokenRecord | undefined> => {
  const item = await table.get(keys.apiToken(id));
  const token = item && fromItem(apiTokenRecord, item);
  return token && (token.expiresAtMs ?? Number.POSITIVE_INFINITY) > nowMs ? token : undefined;
};

/** The token that `value` is; undefined when there is none, or it has expired. */
export const findApiToken = async (table: Table, value: string, nowMs: number): Promise<ApiTokenRecord | undefined> => {
  const id = tokenId(value);
  const token = id === undefined ? undefined : await findApiTokenById(table, id, nowMs);
  return token && isSameHash(token.secretHash, sha256Hex(value)) ? token : undefined;
};

/** A page of API tokens, newest first; expired ones stay in it until they are cleaned up. Throws `BadCursor`. */
export const listApiTokens = async (table: Table, page: { limit: number; cursor?: string | undefined }) =>
  fromPage(apiTokenRecord, await table.query({ index: "list", pk: partitions.apiTokens, descending: true, ...page }));

/** False when there was no such token. */
export const deleteApiToken = async (table: Table, id: string): Promise<boolean> =>
  (await table.write({ delete: keys.apiToken(id), when: [{ exists: true }] })).ok;

// --- Login tries ---

/** More collisions than this many side by side mean that nobody is a person. */
const countAttemptsMax = 10;

const readTries = (item: Item | undefined): LoginTries | undefined => item && fromItem(loginTries, item);

const sameAs = (tries: LoginTries | undefined): Condition[] =>
  tries === undefined
    ? [{ exists: false }]
    : [
        { attribute: "wrong", is: "=", value: tries.wrong },
        { attribute: "waitUntilMs", is: "=", value: tries.waitUntilMs },
      ];

/**
 * Counts a try for this e-mail before its password is looked at, or says how long to wait. Tries side by side are counted
 * one after the other, whether there is such an operator or not.
 */
export const countLoginTry = async (table: Table, email: string, nowMs: number): Promise<TryDecision> => {
  const key = keys.loginTries(email);
  let tries = readTries(await table.get(key));
  for (let attempt = 0; attempt < countAttemptsMax; attempt += 1) {
    const decision = decideTry(tries, nowMs);
    if (!decision.allowed) return decision;
    const { counted } = decision;
    const put = toItem(key, { ...counted, expires_at_s: toSeconds(counted.forgetAtMs) });
    const result = await table.write({ put, when: sameAs(tries) });
    if (result.ok) return decision;
    tries = readTries(result.failed[0]?.item);
  }
  return { allowed: false, retryAfterSeconds: 1 };
};

/** After a right password. */
export const forgetLoginTries = async (table: Table, email: string): Promise<void> => {
  await table.write({ delete: keys.loginTries(email) });
};
