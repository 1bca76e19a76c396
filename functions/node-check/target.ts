/** How a node is reached over SSH: its address, its own host keys, our login key. */
import type { NodeRecord } from "../../shared/domain/node.ts";
import type { SshCommand, SshOutcome, SshTarget } from "../../shared/node/index.ts";
import { findProvider } from "../../shared/store/providers.ts";
import type { Table } from "../../shared/store/table.ts";

export interface TargetDeps {
  table: Table;
  readSecret(name: string): Promise<string | undefined>;
}

/** Undefined: there is nothing to connect to yet, or any more, or no key to do it with. */
export const targetOf = async (deps: TargetDeps, node: NodeRecord): Promise<SshTarget | undefined> => {
  const { publicIp, sshPort, sshUser, hostKeys } = node;
  if (publicIp === null || node.status === "decommissioned") return undefined;
  const privateKey = await privateKeyFor(deps, node);
  return privateKey === undefined ? undefined : { host: publicIp, port: sshPort, user: sshUser, privateKey, hostKeys };
};

const privateKeyFor = async ({ table, readSecret }: TargetDeps, node: NodeRecord): Promise<string | undefined> => {
  const provider = await findProvider(table, node.providerId);
  return provider?.managedKey ? readSecret(provider.managedKey.secretName) : undefined;
};

export interface ProgramDeps extends TargetDeps {
  /** One login, the commands in order; what a server or a network does wrong is a value. */
  runOnHost(target: SshTarget, commands: readonly SshCommand[]): Promise<SshOutcome>;
}

/** Runs programs on a node; `reached: false` also when there is no way to it. */
export const runPrograms = async (
  deps: ProgramDeps,
  node: NodeRecord,
  lines: readonly string[],
): Promise<SshOutcome | { reached: false; message: string }> => {
  const target = await targetOf(deps, node);
  if (target === undefined) return { reached: false, message: "There is no way to the node now." };
  return deps.runOnHost(target, lines);
};
