/** How a node is reached over SSH: its address, its own host keys, our login key. */
import type { ProviderId } from "../../contracts/models.ts";
import type { NodeRecord } from "../../shared/domain/node.ts";
import type { SshCommand, SshOutcome, SshTarget } from "../../shared/node/index.ts";
import { findProvider } from "../../shared/store/providers.ts";
import type { Table } from "../../shared/store/table.ts";

export interface TargetDeps {
  table: Table;
  readSecret(name: string): Promise<string | undefined>;
}

/** The private key of all logins to a provider's nodes; undefined: none was ever made, or it is gone. */
export const loginKeyOf = async (
  { table, readSecret }: TargetDeps,
  providerId: ProviderId,
): Promise<string | undefined> => {
  const provider = await findProvider(table, providerId);
  return provider?.managedKey ? readSecret(provider.managedKey.secretName) : undefined;
};

/** Undefined: there is nothing to connect to yet, or any more, or no key to do it with. */
export const targetOf = async (
  node: NodeRecord,
  keyOf: (providerId: ProviderId) => Promise<string | undefined>,
): Promise<SshTarget | undefined> => {
  const { publicIp, sshPort, sshUser, hostKeys } = node;
  if (publicIp === null || node.status === "decommissioned") return undefined;
  const privateKey = await keyOf(node.providerId);
  return privateKey === undefined ? undefined : { host: publicIp, port: sshPort, user: sshUser, privateKey, hostKeys };
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
  const target = await targetOf(node, (providerId) => loginKeyOf(deps, providerId));
  if (target === undefined) return { reached: false, message: "There is no way to the node now." };
  return deps.runOnHost(target, lines);
};
