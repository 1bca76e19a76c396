/** Log-in and log-out, and API tokens for scripts. */
import { v7 as uuidv7 } from "uuid";
import type * as z from "zod";
import type { apiToken } from "../../contracts/models.ts";
import { normaliseEmail } from "../../shared/domain/login.ts";
import { toIso, toIsoOrNull } from "../../shared/domain/node.ts";
import * as store from "../../shared/store/auth.ts";
import type { Table } from "../../shared/store/table.ts";
import { sessionCookie } from "../http/caller.ts";
import { type Actor, ApiProblem, type Call, type Handlers } from "../http/edge.ts";
import { noPassword, verifyPassword } from "./password.ts";

export interface AuthDeps {
  readonly table: Table;
  /** That many random bytes. */
  random(sizeBytes: number): Uint8Array;
  /** False only where the browser speaks plain http to localhost. */
  readonly cookieSecure: boolean;
}

const dayMs = 24 * 3_600_000;
const secretBytes = 32;

const makeSecret = ({ random }: AuthDeps): string => Buffer.from(random(secretBytes)).toString("base64url");

const buildCookie = (value: string, maxAgeSeconds: number, { cookieSecure }: AuthDeps): string =>
  [
    `${sessionCookie}=${value}`,
    `Max-Age=${maxAgeSeconds}`,
    "Path=/",
    "HttpOnly",
    "SameSite=Strict",
    ...(cookieSecure ? ["Secure"] : []),
  ].join("; ");

const tooManyTries = (seconds: number) =>
  new ApiProblem("rate_limited", `Too many wrong passwords for this e-mail. Try again in ${seconds} seconds.`, {
    guidance: [
      "Wait as long as Retry-After says; tries before that change nothing.",
      "Sessions and API tokens go on working meanwhile.",
      "Password lost? On the server side: npm run operator -- reset",
    ],
    headers: { "retry-after": String(seconds) },
  });

/** The try is counted first; an e-mail that nobody has is treated, and takes as long, as one with a wrong password. */
const checkPassword = async (
  { table }: AuthDeps,
  { email, password, nowMs }: { email: string; password: string; nowMs: number },
): Promise<store.OperatorRecord> => {
  const decision = await store.countLoginTry(table, email, nowMs);
  if (!decision.allowed) throw tooManyTries(decision.retryAfterSeconds);
  const found = await store.findOperator(table);
  const operator = found?.email === email ? found : undefined;
  const isRight = await verifyPassword(password, operator?.passwordHash ?? noPassword);
  if (operator === undefined || !isRight) throw new ApiProblem("unauthorized", "The e-mail or the password is wrong.");
  await store.forgetLoginTries(table, email);
  return operator;
};

const login = async (deps: AuthDeps, { body, nowMs }: Call<"login">) => {
  const email = normaliseEmail(body.email);
  const operator = await checkPassword(deps, { email, password: body.password, nowMs });
  const token = makeSecret(deps);
  await store.openSession(deps.table, { token, operator, nowMs });
  return { body: { success: true as const }, cookies: [buildCookie(token, store.sessionHours * 3600, deps)] };
};

/** With an API token there is no session to end, nor is its cookie ours to clear. */
const logout = async (deps: AuthDeps, { actor }: Call<"logout">) => {
  const body = { success: true as const };
  if (actor.kind === "token") return { body };
  await store.closeSession(deps.table, actor.id);
  return { body, cookies: [buildCookie("", 0, deps)] };
};

/** The last moment that ISO-8601 writes with four digits: for an API token that never expires. */
const neverMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

const findExpiryMs = async (table: Table, { kind, id }: Actor, nowMs: number): Promise<number | undefined> => {
  if (kind === "session") return (await store.findSession(table, id, nowMs))?.expiresAtMs;
  const token = await store.findApiTokenById(table, id, nowMs);
  return token && (token.expiresAtMs ?? neverMs);
};

const getSession = async ({ table }: AuthDeps, { actor, nowMs }: Call<"getSession">) => {
  const expiresAtMs = await findExpiryMs(table, actor, nowMs);
  if (expiresAtMs === undefined) throw new ApiProblem("unauthorized", "The session has just ended.");
  return { body: { email: actor.email, expires_at: toIso(expiresAtMs) } };
};

const presentToken = ({
  id,
  name,
  createdAtMs,
  expiresAtMs,
}: Omit<store.ApiTokenRecord, "email" | "secretHash">): z.input<typeof apiToken> => ({
  id,
  name,
  created_at: toIso(createdAtMs),
  expires_at: toIsoOrNull(expiresAtMs),
});

const createToken = async (deps: AuthDeps, { actor, body, nowMs }: Call<"createToken">) => {
  const id = uuidv7({ msecs: nowMs, random: deps.random(16) });
  const value = store.apiTokenValue(id, makeSecret(deps));
  const expiresAtMs = body.expires_in_days === undefined ? null : nowMs + body.expires_in_days * dayMs;
  const token = { id, name: body.name, email: actor.email, createdAtMs: nowMs, expiresAtMs };
  await store.putApiToken(deps.table, { ...token, value });
  return { body: { ...presentToken(token), token: value } };
};

const listTokens = async ({ table }: AuthDeps, { query }: Call<"listTokens">) => {
  const page = await store.listApiTokens(table, query);
  return { body: page.items.map(presentToken), nextCursor: page.cursor };
};

const deleteToken = async ({ table }: AuthDeps, { params }: Call<"deleteToken">) => {
  if (!(await store.deleteApiToken(table, params.id))) {
    throw new ApiProblem("not_found", "There is no API token with this id.");
  }
  return { body: { success: true as const } };
};

export const makeAuthHandlers = (deps: AuthDeps): Handlers<"auth"> => ({
  login: (call) => login(deps, call),
  logout: (call) => logout(deps, call),
  getSession: (call) => getSession(deps, call),
  createToken: (call) => createToken(deps, call),
  listTokens: (call) => listTokens(deps, call),
  deleteToken: (call) => deleteToken(deps, call),
});
