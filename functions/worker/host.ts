/** What the worker does on a node itself, over SSH that accepts the node's recorded host keys and no other. */
import type { NodeRecord } from "../../shared/domain/node.ts";
import type { HostFacts, OutsideWrite, WriteOutcome } from "../../shared/domain/plans/plan.ts";
import {
  type HostKeyChange,
  hostKeyCommand,
  newHostLookCommands,
  readHostKeyChange,
  readNewHostLook,
  type SshTarget,
} from "../../shared/node/index.ts";
import type { Closed } from "./connection.ts";
import type { WorkerDeps } from "./deps.ts";

type HostDeps = Pick<WorkerDeps, "readSecret" | "runOnHost" | "log">;
/** The key of all logins; null: none was ever made. */
export type Key = Pick<Closed, "managedKey">;

export const keyUnread = "Pressluft's SSH key cannot be read from the secret store";

/** Null: the login key cannot be read. */
export const targetOf = async (
  { readSecret, log }: HostDeps,
  { managedKey }: Key,
  { publicIp, sshPort, sshUser, hostKeys }: NodeRecord & { publicIp: string },
): Promise<SshTarget | null> => {
  if (managedKey === null) return null;
  const privateKey = await readSecret(managedKey.secretName).catch((error: unknown) => {
    log.error("ssh_key_unread", { error });
    return undefined;
  });
  return privateKey === undefined ? null : { host: publicIp, port: sshPort, user: sshUser, privateKey, hostKeys };
};

export const hasAddress = (node: NodeRecord): node is NodeRecord & { publicIp: string } => node.publicIp !== null;

/** Undefined: there is no address to look at yet. */
export const lookAtHost = async (deps: HostDeps, key: Key, node: NodeRecord): Promise<HostFacts | undefined> => {
  if (!hasAddress(node)) return undefined;
  const target = await targetOf(deps, key, node);
  if (target === null) return { reached: false, reason: keyUnread };
  return readNewHostLook(await deps.runOnHost(target, newHostLookCommands(target.user)));
};

type HostKeyWrite = Extract<OutsideWrite, { kind: "make_host_key" | "install_host_key" }>;

export const isHostKeyWrite = (write: OutsideWrite): write is HostKeyWrite =>
  write.kind === "make_host_key" || write.kind === "install_host_key";

/** The write of a plan as the change on the node. */
export const hostKeyChangeOf = (write: HostKeyWrite): HostKeyChange =>
  write.kind === "make_host_key" ? { kind: "make" } : { kind: "install", publicKey: write.publicKey };

interface Changing {
  readonly node: NodeRecord;
  readonly change: HostKeyChange;
}

/** A change that fails is no fault of the provider's: it is told as a complaint, and the next look sees what is. */
export const changeHostKey = async (deps: HostDeps, key: Key, { node, change }: Changing): Promise<WriteOutcome> => {
  const target = hasAddress(node) ? await targetOf(deps, key, node) : null;
  const complaint =
    target === null
      ? keyUnread
      : readHostKeyChange(await deps.runOnHost(target, [hostKeyCommand(target.user, change)]));
  return { ok: true, value: { kind: "change_host_key", complaint } };
};
