/** A one-time log-in to WordPress, made on the node and handed on; nothing of it is kept. */
import { toIso } from "../../shared/domain/node.ts";
import type { EnvironmentRecord } from "../../shared/domain/site.ts";
import { inactiveRefusal } from "../../shared/domain/site-refusals.ts";
import { auditWrite } from "../../shared/store/requests.ts";
import { ApiProblem, type Call } from "../http/edge.ts";
import { getEnvironment, nodeOf } from "../http/found.ts";
import { auditEntry, problemOf } from "../http/starting.ts";
import { type LoginLink, programLine, readLogin } from "./programs.ts";
import { type ProgramDeps, runPrograms } from "./target.ts";

export interface SiteCheckDeps extends ProgramDeps {
  now(): number;
  /** A new UUIDv7. */
  newId(nowMs: number): string;
}

const unreachable = (message: string, nodeId: string): ApiProblem =>
  new ApiProblem("node_unreachable", message, {
    guidance: ["Check the node: it shows why SSH does not work."],
    details: { node_id: nodeId },
  });

export const logIn = async (deps: SiteCheckDeps, call: Call<"loginEnvironment">) => {
  const environment = await getEnvironment(deps.table, call.params.id);
  const refusal = inactiveRefusal(environment);
  if (refusal !== null) throw problemOf(refusal);
  const link = await makeLink(deps, environment);
  const about = { nodeId: environment.nodeId, siteId: environment.siteId, environmentId: environment.id };
  const entry = { id: deps.newId(call.nowMs), atMs: call.nowMs, action: "loginEnvironment", jobId: null } as const;
  await deps.table.write(auditWrite(auditEntry(call.actor, { ...entry, ...about })));
  return { body: { login_url: link.url, expires_at: toIso(link.expiresAtMs) } };
};

const makeLink = async (deps: SiteCheckDeps, environment: EnvironmentRecord): Promise<LoginLink> => {
  const { id, previewUrl } = environment;
  const node = await nodeOf(deps.table, environment);
  const outcome = await runPrograms(deps, node, [programLine(node.sshUser, "login", id)]);
  if (!outcome.reached) throw unreachable(outcome.message, node.id);
  const [result] = outcome.results;
  const link = result && readLogin(result, { previewUrl, nowMs: deps.now() });
  if (link) return link;
  throw new ApiProblem("wp_cli_error", "WordPress on the node did not make a log-in", {
    guidance: ["Look whether the site answers. If it does not, its last job and the node's check may say why."],
    details: { environment_id: id },
  });
};
