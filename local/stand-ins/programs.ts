/** The programs that provisioning leaves on a node, played: what they would say of environments that are there. */
import { randomBytes } from "node:crypto";
import { type Carried, environmentsOn } from "./environments.ts";
import type { RunDisk } from "./stored-run.ts";

/** How long a one-time log-in would be good. */
const LIFE_MS = 60_000;

/** What a program prints, and whether it succeeds. */
export interface Said {
  readonly isFine: boolean;
  readonly line: string;
}

type Program = (environment: Carried, nowMs: number) => object;

const programs: Readonly<Record<string, Program>> = {
  login: ({ url }, nowMs) => ({
    login_url: `${url}/?pressluft_login=${randomBytes(24).toString("base64url")}`,
    expires_at: new Date(nowMs + LIFE_MS).toISOString(),
  }),
  health: ({ release, wordpressVersion }) => ({
    status: 200,
    redirects: 0,
    duration_ms: 1,
    release,
    wordpress_version: wordpressVersion,
  }),
};

/** Undefined: there is no such program. */
export const runProgram = (disk: RunDisk, nowMs: number, words: string): Said | undefined => {
  const [name = "", user = ""] = words.split(" ");
  const program = programs[name];
  if (program === undefined) return undefined;
  const environment = environmentsOn(disk, nowMs).get(user);
  if (environment === undefined) return { isFine: false, line: '{"error": "there is no such environment"}' };
  return { isFine: true, line: JSON.stringify(program(environment, nowMs)) };
};
