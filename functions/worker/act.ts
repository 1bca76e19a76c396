/** The one write to the outside that a look may make. */
import { serverLabels } from "../../shared/domain/node.ts";
import type { Move, OutsideWrite, WriteOutcome, Written } from "../../shared/domain/plans/plan.ts";
import { sshKeyLabels, sshKeyName } from "../../shared/domain/provider.ts";
import { buildUserData, type KeyPair } from "../../shared/node/index.ts";
import { changeUpload, isUploadWrite } from "./artifacts.ts";
import { type Connection, isClosed, type Opened } from "./connection.ts";
import type { WorkerDeps } from "./deps.ts";
import { attempt } from "./faults.ts";
import { changeHostKey, hostKeyChangeOf, isHostKeyWrite } from "./host.ts";
import { changeRun, isRunWrite } from "./runs.ts";

type Writing = Pick<Move, "job" | "node"> & {
  deps: Pick<WorkerDeps, "readSecret" | "runOnHost" | "playbooks" | "artifacts" | "log">;
  hostKey: KeyPair | undefined;
};

/** Sends it once, never twice: a write of unknown outcome is the plan's business. */
export const act = async (opened: Opened, write: OutsideWrite, writing: Writing): Promise<WriteOutcome> => {
  const { deps, node } = writing;
  if (isHostKeyWrite(write)) return changeHostKey(deps, opened, { node, change: hostKeyChangeOf(write) });
  if (isRunWrite(write)) return changeRun(deps, opened, { node, write });
  if (isUploadWrite(write)) return changeUpload(deps.artifacts, write);
  if (isClosed(opened)) return { ok: false, fault: opened.fault };
  const fault = opened.budgetFault("write", 1);
  return fault ? { ok: false, fault } : attempt(() => send(opened, write, writing));
};

/** Is this write one that the provider is asked for? */
export const asksProvider = (write: OutsideWrite): boolean =>
  !isHostKeyWrite(write) && !isRunWrite(write) && !isUploadWrite(write);

type HetznerWrite = Extract<OutsideWrite, { kind: "register_key" | "create_server" | "power_on" | "delete_server" }>;

const send = async ({ hetzner, managedKey }: Connection, write: HetznerWrite, writing: Writing): Promise<Written> => {
  switch (write.kind) {
    case "register_key": {
      const { installation } = writing.job;
      const key = await hetzner.sshKeys.create({
        name: sshKeyName(installation),
        publicKey: managedKey.publicKey,
        labels: sshKeyLabels(installation),
      });
      return { kind: "register_key", keyId: key.id };
    }
    case "create_server":
      return createServer(hetzner, write, writing);
    case "power_on":
      return { kind: "power_on", actionId: (await hetzner.servers.powerOn(write.serverId)).id };
    case "delete_server":
      await hetzner.servers.delete(write.serverId);
      return { kind: "delete_server" };
  }
};

const createServer = async (
  hetzner: Connection["hetzner"],
  write: Extract<OutsideWrite, { kind: "create_server" }>,
  { job, node, hostKey }: Writing,
): Promise<Written> => {
  if (hostKey?.publicKey !== write.hostKey) throw new Error("the recorded host key is not the one at hand");
  const created = await hetzner.servers.create({
    name: node.name,
    serverType: node.serverType,
    location: node.location,
    image: node.image,
    sshKeys: [write.sshKeyId],
    userData: buildUserData({ hostKey, hostname: node.name }),
    labels: { ...serverLabels(job.installation, node.id, job.id) },
  });
  const actionIds = [created.action, ...created.nextActions].map((action) => action.id);
  return { kind: "create_server", serverId: created.server.id, actionIds };
};
