/** What is asked of a node over SSH, now. A probe writes what it saw and nothing that a settle looks at. */
import { presentNode, probed } from "../../shared/domain/node.ts";
import { recordProbe } from "../../shared/store/nodes.ts";
import type { Handlers } from "../http/edge.ts";
import { getNode, notFound } from "../http/found.ts";
import { logIn, type SiteCheckDeps } from "./login.ts";
import { type ProbeDeps, probeNode } from "./probe.ts";
import { resetEnvironment, resetSite } from "./reset.ts";

export interface NodeCheckDeps extends SiteCheckDeps, ProbeDeps {}

export const makeNodeCheckHandlers = (deps: NodeCheckDeps): Handlers<"node-check"> => ({
  checkNode: async ({ params }) => {
    const node = await getNode(deps.table, params.id);
    const found = await probeNode(deps, node);
    const checked = found === null ? node : await recordProbe(deps.table, node, probed(node, found, false));
    if (checked === undefined) throw notFound("node");
    return { body: presentNode(checked) };
  },
  loginEnvironment: (call) => logIn(deps, call),
  resetSite: (call) => resetSite(deps, call),
  resetEnvironment: (call) => resetEnvironment(deps, call),
});
