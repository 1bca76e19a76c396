/**
 * Provider connections in the table, and the bookkeeping that no token outlives its use: a secret's name is recorded as
 * pending before it is made, ONE write of the connection makes it current and lists the old one as retired, and what is
 * pending for too long or retired is destroyed, by whoever comes first.
 */
import * as z from "zod";
import { type ProviderId, providerId, providerIds } from "../../contracts/models.ts";
import { type Catalogue, catalogue } from "../domain/catalogue.ts";
import { decideRecheck, type Refusal } from "../domain/credential-check.ts";
import type { JobRecord } from "../domain/job.ts";
import type { NodeRecord } from "../domain/node.ts";
import {
  type BudgetRecord,
  budgetRecord,
  disconnectedProvider,
  type ProviderRecord,
  providerRecord,
} from "../domain/provider.ts";
import type { Tombstone } from "../domain/tombstone.ts";
import type { Vault } from "../vault.ts";
import { fromItem, toItem } from "./items.ts";
import { listOpenJobs } from "./jobs.ts";
import { keys, partitions } from "./keys.ts";
import { listNodes } from "./nodes.ts";
import type { Condition, Table } from "./table.ts";
import { listTombstones } from "./tombstones.ts";

export const findProvider = async (table: Table, id: string): Promise<ProviderRecord | undefined> => {
  const item = await table.get(keys.provider(id));
  return item && fromItem(providerRecord, item);
};

/** Others may change a connection a few times while one write is on its way; more often than this nobody does. */
const TRIES_MAX = 5;

/**
 * Changes a connection: `decide` sees it as it is stored (disconnected when it never was) and answers with what it should
 * be, or null to leave it. Written only if nobody changed it meanwhile; otherwise `decide` is asked again. Null when
 * `decide` said so.
 */
export const changeProvider = async (
  table: Table,
  { id, nowMs }: { id: ProviderId; nowMs: number },
  decide: (current: ProviderRecord) => ProviderRecord | null,
): Promise<ProviderRecord | null> => {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const current = (await findProvider(table, id)) ?? disconnectedProvider(id, nowMs);
    const decided = decide(current);
    if (decided === null) return null;
    const next = { ...decided, version: current.version + 1 };
    const result = await table.write({ put: toItem(keys.provider(id), next), when: [isVersion(current.version)] });
    if (result.ok) return next;
  }
  throw new Error(`the connection of ${id} was changed ${TRIES_MAX} times while one change was written`);
};

const isVersion = (version: number): Condition =>
  version === 0 ? { exists: false } : { attribute: "version", is: "=", value: version };

/**
 * Hetzner refused a token that somebody worked with: shown at once, unless another token is current by now, for which the
 * late end of an old one does not speak. `tokenSecret` is the name of the secret that held it.
 */
export const markCredentialFault = async (
  table: Table,
  fault: { providerId: ProviderId; tokenSecret: string; reason: Refusal; nowMs: number },
): Promise<void> => {
  const { providerId: id, tokenSecret, reason, nowMs } = fault;
  await changeProvider(table, { id, nowMs }, (current) => {
    if (current.tokenSecret !== tokenSecret || current.statusReason === reason) return null;
    return decideRecheck({ verdict: reason, shape: "plain", detail: null, managedKey: null }, current, nowMs);
  });
};

export const findBudget = async (table: Table, id: string): Promise<BudgetRecord | undefined> => {
  const item = await table.get(keys.budget(id));
  return item && fromItem(budgetRecord, item);
};

/** Keeps what was seen last, whoever writes last. */
export const putBudget = async (table: Table, id: string, seen: BudgetRecord): Promise<void> => {
  const older: Condition = { attribute: "seenAtMs", is: "<=", value: seen.seenAtMs };
  await table.write({ put: toItem(keys.budget(id), { ...seen }), when: [{ anyOf: [{ exists: false }, older] }] });
};

export const findCatalogue = async (table: Table, id: string): Promise<Catalogue | undefined> => {
  const item = await table.get(keys.catalogue(id));
  return item && fromItem(catalogue, item);
};

/** Keeps what was fetched last, whoever writes last. */
export const putCatalogue = async (table: Table, id: string, fetched: Catalogue): Promise<void> => {
  const older: Condition = { attribute: "fetchedAtMs", is: "<", value: fetched.fetchedAtMs };
  await table.write({ put: toItem(keys.catalogue(id), fetched), when: [{ anyOf: [{ exists: false }, older] }] });
};

/** What would lose its way to the provider without the token: the newest of each, at most 50. */
export interface ProviderUse {
  readonly nodes: readonly NodeRecord[];
  readonly tombstones: readonly Tombstone[];
  readonly jobs: readonly JobRecord[];
}

/** Null: nothing holds the provider. Reads indexes, so what is younger than about a second may be missing. */
export const providerInUse = async (table: Table): Promise<ProviderUse | null> => {
  const limit = 50;
  const [nodes, tombstones, jobs] = await Promise.all([
    listNodes(table, { decommissioned: false, limit }),
    listTombstones(table, { limit }),
    listOpenJobs(table, { limit }),
  ]);
  const use = { nodes: nodes.items, tombstones: tombstones.items, jobs: jobs.items };
  return use.nodes.length + use.tombstones.length + use.jobs.length === 0 ? null : use;
};

const pendingSecret = z.object({ name: z.string(), providerId, recordedAtMs: z.number().int() });

/** Makes the secret of a token that is not current yet. Whatever fails from here on, it does not stay by mistake. */
export const makePendingSecret = async (
  { table, vault }: { table: Table; vault: Vault },
  secret: { name: string; value: string; providerId: ProviderId; nowMs: number },
): Promise<void> => {
  const { name, value, nowMs } = secret;
  const record = { name, providerId: secret.providerId, recordedAtMs: nowMs };
  const index = { work_pk: partitions.secretsToFinish, work_sk: new Date(nowMs).toISOString() };
  await table.write({ put: toItem(keys.secret(name), record, index) });
  await vault.create(name, value, { description: `Pressluft: API token for ${secret.providerId}` });
};

/** The end of a pending secret: it is current now, or it is destroyed. */
export const settlePendingSecret = async (
  { table, vault }: { table: Table; vault: Vault },
  secret: { name: string; isCurrent: boolean },
): Promise<void> => {
  if (!secret.isCurrent) await vault.destroy(secret.name);
  await table.write({ delete: keys.secret(secret.name) });
};

/** Destroys what the connection lists as retired, then takes it off the list. */
export const destroyRetired = async (
  { table, vault }: { table: Table; vault: Vault },
  provider: ProviderRecord,
  nowMs: number,
): Promise<void> => {
  const gone = provider.retiredSecrets;
  if (gone.length === 0) return;
  await Promise.all(gone.map((name) => vault.destroy(name)));
  await changeProvider(table, { id: provider.providerId, nowMs }, (current) => {
    const left = current.retiredSecrets.filter((name) => !gone.includes(name));
    return left.length === current.retiredSecrets.length ? null : { ...current, retiredSecrets: left };
  });
};

/** A connect ends within half a minute, so what is pending for longer than this was left behind. */
const PENDING_MAX_MS = 10 * 60_000;

/** For the sweeper: ends what connects left behind. Tries everything, then throws if something failed. */
export const finishSecrets = async (table: Table, vault: Vault, nowMs: number): Promise<void> => {
  const pending = await table.query({
    index: "work",
    pk: partitions.secretsToFinish,
    upTo: new Date(nowMs - PENDING_MAX_MS).toISOString(),
    limit: 50,
  });
  const results = await Promise.allSettled([
    ...pending.items.map(async (item) => {
      const { name, providerId: id } = fromItem(pendingSecret, item);
      // Read after the list: whatever was to become current has done so by now.
      const isCurrent = (await findProvider(table, id))?.tokenSecret === name;
      await settlePendingSecret({ table, vault }, { name, isCurrent });
    }),
    ...providerIds.map(async (id) => {
      const provider = await findProvider(table, id);
      if (provider) await destroyRetired({ table, vault }, provider, nowMs);
    }),
  ]);
  const failures = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} secrets could not be finished`);
};
