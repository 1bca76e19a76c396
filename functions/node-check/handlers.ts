/** What is asked of a node over SSH, now. A probe writes what it saw and nothing that a job looks at. */
import { presentNode, probed } from "../../shared/domain/node.ts";
import { findNode, recordProbe } from "../../shared/store/nodes.ts";
import { ApiProblem, type Handlers } from "../http/edge.ts";
import { logIn, type SiteCheckDeps } from "./login.ts";
import { type ProbeDeps, probeNode } from "./probe.ts";
import { resetEnvironment, resetSite } from "./reset.ts";

export interface NodeCheckDeps extends SiteCheckDeps, ProbeDeps {}

const noNode = () => new ApiProblem("not_found", "There is no node with this id");

export const makeNodeCheckHandlers = (deps: NodeCheckDeps): Handlers<"node-check"> => ({
  checkNode: async ({ params }) => {
    const node = await findNode(deps.table, params.id);
    if (node === undefined) throw noNode();
    const found = await probeNode(deps, node);
    const checked = found === null ? node : await recordProbe(deps.table, node, probed(node, found, false));
    if (checked === undefined) throw noNode();
    return { body: presentNode(checked) };
  },
  loginEnvironment: (call) => logIn(deps, call),
  resetSite: (call) => resetSite(deps, call),
  resetEnvironment: (call) => resetEnvironment(deps, call),
});
