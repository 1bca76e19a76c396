/** Disconnecting: only when nothing needs the token any more, and nothing of it stays. */
import type { ProviderId } from "../../contracts/models.ts";
import {
  disconnect,
  disconnectedProvider,
  type ManagedKey,
  type ProviderRecord,
} from "../../shared/domain/provider.ts";
import { findInstallation } from "../../shared/store/installation.ts";
import {
  changeProvider,
  destroyRetired,
  findProvider,
  type ProviderUse,
  providerInUse,
} from "../../shared/store/providers.ts";
import { ApiProblem } from "../http/problem.ts";
import { tidy } from "./connect.ts";
import { type ProvidersDeps, runUntil } from "./deps.ts";
import { hasToken, type StoredProvider } from "./recheck.ts";

export interface DisconnectRequest {
  readonly providerId: ProviderId;
  /** What is asked of Hetzner ends by then. */
  readonly endMs: number;
}

/** Throws `provider_in_use` with what holds it. */
export const disconnectProvider = async (deps: ProvidersDeps, request: DisconnectRequest): Promise<ProviderRecord> => {
  const { table } = deps;
  refuseInUse(await providerInUse(table));
  const before = await findProvider(table, request.providerId);
  const id = { id: request.providerId, nowMs: deps.clock.now() };
  if (before === undefined) return disconnectedProvider(id.id, id.nowMs);
  const changed = await changeProvider(table, id, (current) => disconnect(current, id.nowMs));
  if (changed === null) throw new Error("a disconnect always changes the connection");
  if (hasToken(before)) await endToken(deps, { ...request, before });
  await tidy(deps, () => destroyRetired(deps, changed, id.nowMs));
  return changed;
};

/** A node may have been asked for just before nobody could any more. Then the token is still needed, and put back. */
const endToken = async (deps: ProvidersDeps, end: DisconnectRequest & { before: StoredProvider }): Promise<void> => {
  const use = await providerInUse(deps.table);
  if (use !== null) await putBack(deps, end.before);
  refuseInUse(use);
  await tidy(deps, () => removeKey(deps, end));
};

const putBack = ({ table, clock }: ProvidersDeps, before: StoredProvider) =>
  changeProvider(table, { id: before.providerId, nowMs: clock.now() }, (current) => {
    const stillThere = current.tokenSecret === null && current.retiredSecrets.includes(before.tokenSecret);
    if (!stillThere) return null;
    return { ...before, retiredSecrets: current.retiredSecrets.filter((name) => name !== before.tokenSecret) };
  });

const refuseInUse = (use: ProviderUse | null): void => {
  if (use === null) return;
  const { nodes, tombstones, jobs } = use;
  throw new ApiProblem("provider_in_use", "Nodes, servers or jobs still need this provider's token.", {
    guidance: ["Delete every node and wait until its job has ended and no server is billed any more, then disconnect."],
    details: {
      nodes: nodes.map(({ id, name }) => ({ id, name })),
      servers_to_be_deleted: tombstones.map(({ nodeId, name }) => ({ node_id: nodeId, name })),
      jobs: jobs.map((job) => ({ id: job.id, job_type: job.jobType })),
    },
  });
};

/** Best effort: a public key that stays behind opens nothing. One whose labels are not ours is left alone. */
const removeKey = async (deps: ProvidersDeps, end: DisconnectRequest & { before: StoredProvider }): Promise<void> => {
  const { tokenSecret, managedKey } = end.before;
  const [token, installation] = await Promise.all([deps.vault.read(tokenSecret), findInstallation(deps.table)]);
  if (token === undefined || managedKey === null || installation === undefined) return;
  const hetzner = deps.hetznerFor(token, () => undefined);
  await runUntil(deps.clock, end.endMs, async (signal) => {
    for await (const key of hetzner.sshKeys.list({ fingerprint: managedKey.fingerprintMd5 }, { signal })) {
      if (isOurs(key, managedKey, installation)) await hetzner.sshKeys.delete(key.id, { signal });
    }
  });
};

const isOurs = (
  key: { fingerprint: string; labels: Readonly<Record<string, string>> },
  { fingerprintMd5 }: ManagedKey,
  installation: string,
): boolean =>
  key.fingerprint === fingerprintMd5 &&
  key.labels["managed-by"] === "pressluft" &&
  key.labels.installation === installation;
