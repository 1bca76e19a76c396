/** Who calls, and whether a browser was made to call by another site. */
import { findApiToken, findSession } from "../../shared/store/auth.ts";
import { sha256Hex } from "../../shared/store/keys.ts";
import type { Table } from "../../shared/store/table.ts";
import { isJson } from "./input.ts";
import { ApiProblem } from "./problem.ts";
import type { HttpRequest } from "./request.ts";

export interface Actor {
  readonly kind: "session" | "token";
  /** Of the session: the hash it is stored under. Neither opens anything, so both may be logged. */
  readonly id: string;
  readonly email: string;
}

export const sessionCookie = "session_token";

const bearer = /^bearer +(\S+)$/i;

/** A bearer token counts even when a cookie is there too: who sends one means it. */
const findActor = async (
  { headers, cookies }: HttpRequest,
  table: Table,
  nowMs: number,
): Promise<Actor | undefined> => {
  const value = bearer.exec(headers.get("authorization") ?? "")?.[1];
  if (value !== undefined) {
    const token = await findApiToken(table, value, nowMs);
    return token && { kind: "token", id: token.id, email: token.email };
  }
  const cookie = cookies.get(sessionCookie);
  const session = cookie ? await findSession(table, sha256Hex(cookie), nowMs) : undefined;
  return session && { kind: "session", id: session.id, email: session.email };
};

/** Throws `unauthorized`. */
export const authenticate = async (request: HttpRequest, table: Table, nowMs: number): Promise<Actor> => {
  const actor = await findActor(request, table, nowMs);
  if (actor === undefined) throw new ApiProblem("unauthorized", "Log in, or send an API token.");
  return actor;
};

const ownSite = new Set([undefined, "same-origin", "none"]);

/**
 * A browser adds the session cookie by itself, whoever wrote the page. So a write with the cookie must come from our own
 * pages, as far as the browser says, and a form cannot send JSON. Throws `forbidden`.
 */
export const refuseCrossSite = ({ method, headers, body }: HttpRequest, actor: Actor): void => {
  if (actor.kind !== "session" || method === "GET") return;
  if (!ownSite.has(headers.get("sec-fetch-site"))) {
    throw new ApiProblem("forbidden", "A write with the session cookie must come from this site.");
  }
  if (body.length > 0 && !isJson(headers)) {
    throw new ApiProblem("forbidden", "A write with the session cookie must be application/json.");
  }
};
