/** Probes one node over SSH, now. It writes what it saw and nothing that a job looks at. */
import { type NodeRecord, type Probe, presentNode } from "../../shared/domain/node.ts";
import type { HostLook, SshTarget } from "../../shared/node/index.ts";
import { findNode, recordProbe } from "../../shared/store/nodes.ts";
import { findProvider } from "../../shared/store/providers.ts";
import type { Table } from "../../shared/store/table.ts";
import { ApiProblem, type Handlers } from "../http/edge.ts";

export interface NodeCheckDeps {
  table: Table;
  now(): number;
  readSecret(name: string): Promise<string | undefined>;
  lookAtHost(target: SshTarget): Promise<HostLook>;
}

const noNode = () => new ApiProblem("not_found", "There is no node with this id");

export const makeNodeCheckHandlers = (deps: NodeCheckDeps): Handlers<"node-check"> => ({
  checkNode: async ({ params }) => {
    const node = await findNode(deps.table, params.id);
    if (node === undefined) throw noNode();
    const found = await probe(deps, node);
    const checked = found === null ? node : await recordProbe(deps.table, node.id, found);
    if (checked === undefined) throw noNode();
    return { body: presentNode(checked) };
  },
});

/** Null: there is nothing to connect to yet, or any more; the node's own readiness says so. */
const probe = async (deps: NodeCheckDeps, node: NodeRecord): Promise<Probe | null> => {
  if (node.publicIp === null || node.status === "decommissioned") return null;
  const key = await privateKeyFor(deps, node);
  if (key === undefined) return null;
  const target = {
    host: node.publicIp,
    port: node.sshPort,
    user: node.sshUser,
    privateKey: key,
    hostKeys: node.hostKeys,
  };
  const host = await deps.lookAtHost(target);
  const checkedAtMs = deps.now();
  if (!host.reached) return { checkedAtMs, reached: false, sudo: false, runtime: false };
  return { checkedAtMs, reached: true, sudo: host.sudo, runtime: host.runtimePresent };
};

const privateKeyFor = async ({ table, readSecret }: NodeCheckDeps, node: NodeRecord): Promise<string | undefined> => {
  const provider = await findProvider(table, node.providerId);
  return provider?.managedKey ? readSecret(provider.managedKey.secretName) : undefined;
};
