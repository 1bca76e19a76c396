/** The environments that a stand-in would carry if its playbooks had been run: read off the runs that succeeded. */
import * as z from "zod";
import { type RunDisk, resultOf } from "./stored-run.ts";

const environment = z.object({ user: z.string(), url: z.url(), release: z.string() });
/** One environment as its machine knows it. */
export interface Carried extends z.infer<typeof environment> {
  readonly wordpressVersion: string | null;
}
type ByUser = ReadonlyMap<string, Carried>;

const made = z.object({ environment });
const restored = made.extend({ mode: z.literal("apply") });
const removed = z.object({ environments: z.array(z.object({ user: z.string() })) });
const told = z.object({ wordpress_version: z.string().nullable().default(null) });

type Change = (found: ByUser, vars: unknown, result: unknown) => ByUser;

const withOne = (found: ByUser, one: z.infer<typeof environment> | undefined, result: unknown): ByUser => {
  if (one === undefined) return found;
  const wordpressVersion = told.safeParse(result).data?.wordpress_version ?? null;
  return new Map([...found, [one.user, { ...one, wordpressVersion }]]);
};

const usersIn = (vars: unknown): string[] => removed.safeParse(vars).data?.environments.map(({ user }) => user) ?? [];

const makes: Change = (found, vars, result) => withOne(found, made.safeParse(vars).data?.environment, result);
const restores: Change = (found, vars, result) => withOne(found, restored.safeParse(vars).data?.environment, result);
const removes: Change = (found, vars) => {
  const gone = usersIn(vars);
  return new Map([...found].filter(([user]) => !gone.includes(user)));
};

/** By playbook; any other leaves all as it is. */
const changes: Readonly<Record<string, Change>> = {
  "site-create": makes,
  "env-create": makes,
  "env-restore": restores,
  "env-delete": removes,
  "site-delete": removes,
};

/** Those on a machine's disk, by their users. */
export const environmentsOn = ({ runs }: RunDisk, nowMs: number): ByUser =>
  [...runs.values()].reduce<ByUser>((found, run) => {
    const change = changes[run.playbook];
    const end = change && resultOf(run, nowMs);
    return change && end ? change(found, run.vars, end.result) : found;
  }, new Map());

const named = z.object({ environment: z.object({ url: z.url() }) });

/** The host names of what a run is about: it says them, or removes what is there by its user. */
export const hostsOf = (vars: unknown, carried: ByUser): string[] => {
  const said = named.safeParse(vars).data?.environment.url;
  const urls = said === undefined ? usersIn(vars).map((user) => carried.get(user)?.url) : [said];
  return urls.flatMap((url) => (url === undefined ? [] : [new URL(url).hostname]));
};
