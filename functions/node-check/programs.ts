/** The programs that provisioning leaves on a node, asked over SSH. What they answer comes from a machine that others may control. */
import * as z from "zod";
import { systemUserOf } from "../../shared/domain/site.ts";
import type { CommandResult } from "../../shared/node/index.ts";

const systemUser = /^pl_[0-9a-f]{12}$/;

/** One command line, run as root: the program's only word is a name made of an id. Throws TypeError for what is no id. */
export const programLine = (sshUser: string, program: "login" | "health", environmentId: string): string => {
  const user = systemUserOf(environmentId);
  if (!systemUser.test(user)) throw new TypeError("not the id of an environment");
  return `${sshUser === "root" ? "" : "sudo -n "}/usr/local/lib/pressluft/${program} ${user}`;
};

const parseLine = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Clocks differ: the node's may be this much ahead of ours or behind it. */
const SLACK_MS = 60_000;
const LIFE_MS = 60_000;

const answer = z.object({ login_url: z.url().max(2000), expires_at: z.iso.datetime() });

export interface LoginLink {
  readonly url: string;
  readonly expiresAtMs: number;
}

/** Undefined: it is no log-in to this environment, or not one that ends soon. */
export const readLogin = (
  { exitCode, stdout }: CommandResult,
  { previewUrl, nowMs }: { previewUrl: string; nowMs: number },
): LoginLink | undefined => {
  const parsed = answer.safeParse(parseLine(stdout));
  if (exitCode !== 0 || !parsed.success) return undefined;
  const { login_url: url, expires_at } = parsed.data;
  const expiresAtMs = Date.parse(expires_at);
  const { origin, username, password } = new URL(url);
  const isOurs = origin === new URL(previewUrl).origin && username === "" && password === "";
  const endsSoon = expiresAtMs <= nowMs + LIFE_MS + SLACK_MS && expiresAtMs > nowMs - SLACK_MS;
  return isOurs && endsSoon ? { url, expiresAtMs } : undefined;
};

const wordpressVersion = z.string().regex(/^[0-9A-Za-z.+-]{1,40}$/);

/** What is live is no part of being well: a value that is none counts as not told. */
const healthAnswer = z.object({
  status: z.int().min(100).max(599).nullable().catch(null),
  release: z
    .string()
    .regex(/^[0-9a-f]{8}$/)
    .nullable()
    .catch(null),
  wordpress_version: wordpressVersion.nullable().catch(null),
});
const noAnswer = { status: null, release: null, wordpress_version: null };

export interface Health {
  /** HTTP status of the front page; null: it does not answer. */
  readonly status: number | null;
  readonly isHealthy: boolean;
  /** What root on the node has written of the live copy; null when it does not tell. */
  readonly release: string | null;
  readonly wordpressVersion: string | null;
}

export const readHealth = ({ exitCode, stdout }: CommandResult): Health => {
  const parsed = healthAnswer.safeParse(parseLine(stdout));
  const { status, release, wordpress_version } = parsed.success ? parsed.data : noAnswer;
  return { status, isHealthy: exitCode === 0 && status === 200, release, wordpressVersion: wordpress_version };
};
