/** Reads what the plans of a batch need, together: one request for all actions, one for all servers of a connection. */
import type { ActionsFacts, Facts, Needs, Read, ServerFacts, State } from "../../shared/domain/plans/plan.ts";
import { type Action, classifyAction, labelSelector, type Server } from "../../shared/hetzner/index.ts";
import type { KeyPair } from "../../shared/node/index.ts";
import { readArtifacts } from "./artifacts.ts";
import type { Connection, Priority } from "./connection.ts";
import type { WorkerDeps } from "./deps.ts";
import { attempt, faultOf } from "./faults.ts";
import { type Key, lookAtHost } from "./host.ts";
import { lookAtRun } from "./runs.ts";

/** A job of the batch with what its plan wants to see. */
export interface Asking {
  readonly state: State;
  readonly needs: Needs;
}

/** What was read for one job, and the host key made for it should it order a server now. */
export interface Gathered {
  readonly facts: Omit<Facts, keyof State | "blocked">;
  readonly hostKey?: KeyPair;
}

/** All reads for jobs of one connection, side by side. A failed read is a value; it spoils nothing else. */
export const gather = async (
  deps: WorkerDeps,
  connection: Connection,
  asking: readonly Asking[],
): Promise<Gathered[]> => {
  const [keys, actions, servers, others] = await Promise.all([
    readManagedKey(connection, asking),
    readActions(connection, asking),
    readServers(connection, asking),
    Promise.all(asking.map((one) => readOthers(deps, connection, one))),
  ]);
  return asking.map((one, index) => {
    const hostKey = one.needs.hostKey ? deps.makeHostKey() : undefined;
    const { serverId, lookup, actionIds } = one.needs;
    return {
      facts: {
        ...(one.needs.managedKey && keys ? { managedKey: keys } : {}),
        ...(hostKey ? { hostKey: hostKey.publicKey } : {}),
        ...(actionIds?.length && actions ? { actions: only(actions, actionIds) } : {}),
        ...(serverId === undefined ? {} : { server: servers.byId(serverId) }),
        ...(lookup ? { lookup: servers.lookup(one.state.node.id, lookup.name) } : {}),
        ...others[index],
      },
      ...(hostKey ? { hostKey } : {}),
    };
  });
};

/** A site's job asks nothing of the provider: it goes on while that cannot be asked, with the key of its nodes alone. */
export const gatherWithout = async (deps: WorkerDeps, key: Key, asking: readonly Asking[]): Promise<Gathered[]> =>
  Promise.all(
    asking.map(async (one) => ({ facts: one.state.subject === undefined ? {} : await readOthers(deps, key, one) })),
  );

/** What is read of others than the provider: the node itself, our own settings, the bucket. */
const readOthers = async (deps: WorkerDeps, key: Key, { needs, state: { node } }: Asking) => {
  const [host, run, artifacts] = await Promise.all([
    needs.host ? lookAtHost(deps, key, node) : undefined,
    needs.run === undefined ? undefined : lookAtRun(deps, key, { node, runId: needs.run }),
    readArtifacts(deps.artifacts, needs),
  ]);
  return {
    ...(host ? { host } : {}),
    ...(run ? { run } : {}),
    ...(needs.wordpress ? { wordpress: deps.wordpress } : {}),
    ...artifacts,
  };
};

/** Within the project's budget, or the fault that says to wait. */
const budgeted = async <T>(connection: Connection, priority: Priority, call: () => Promise<T>): Promise<Read<T>> => {
  const fault = connection.budgetFault(priority, 1);
  return fault ? { ok: false, fault } : attempt(call);
};

const readManagedKey = async (connection: Connection, asking: readonly Asking[]) => {
  if (!asking.some(({ needs }) => needs.managedKey)) return undefined;
  return budgeted(connection, "read", async () => {
    for await (const key of connection.hetzner.sshKeys.list({ fingerprint: connection.managedKey.fingerprintMd5 })) {
      return { id: key.id };
    }
    return null;
  });
};

const readActions = async (connection: Connection, asking: readonly Asking[]) => {
  const ids = [...new Set(asking.flatMap(({ needs }) => needs.actionIds ?? []))];
  if (ids.length === 0) return undefined;
  return budgeted(connection, "poll", async (): Promise<ActionsFacts> => {
    const { found, missing } = await connection.hetzner.actions.list(ids);
    return { found: found.map(actionFacts), missing };
  });
};

const actionFacts = (action: Action): ActionsFacts["found"][number] => {
  const error = classifyAction(action);
  const status = action.status === "running" || action.status === "error" ? action.status : "success";
  return { id: action.id, status, progress: action.progress, fault: error && faultOf(error) };
};

const only = (actions: Read<ActionsFacts>, ids: readonly number[]): Read<ActionsFacts> => {
  if (!actions.ok) return actions;
  const { found, missing } = actions.value;
  return {
    ok: true,
    value: {
      found: found.filter((action) => ids.includes(action.id)),
      missing: missing.filter((id) => ids.includes(id)),
    },
  };
};

interface ServersRead {
  byId(id: number): Read<ServerFacts | null>;
  lookup(nodeId: string, name: string): Read<readonly ServerFacts[]>;
}

/**
 * One list by our labels serves every job of the batch; what it does not show is asked for one by one: by id, where only
 * a 404 means "gone", and by exact name, where a foreign server would be found.
 */
const readServers = async (connection: Connection, asking: readonly Asking[]): Promise<ServersRead> => {
  const concerned = asking.filter(({ needs }) => needs.serverId !== undefined || needs.lookup);
  const looksUp = concerned.some(({ needs }) => needs.lookup);
  const listed = looksUp || concerned.length > 1 ? await listOurs(connection, concerned) : nothingListed;
  const ids = concerned.flatMap(({ needs }) => (needs.serverId === undefined ? [] : [needs.serverId]));
  const names = concerned.flatMap(({ needs }) => (needs.lookup ? [needs.lookup.name] : []));
  const [byId, byName] = await Promise.all([
    collect(ids, (id) => knownOr(listed, id, () => getServer(connection, id))),
    collect(names, (name) => listByName(connection, name)),
  ]);
  return {
    byId: (id) => byId.get(id) ?? { ok: true, value: null },
    lookup: (nodeId, name) => both(ofNode(listed, nodeId), byName.get(name) ?? { ok: true, value: [] }),
  };
};

type Servers = Read<readonly ServerFacts[]>;
const nothingListed: Servers = { ok: true, value: [] };

const collect = async <K, V>(keys: readonly K[], read: (key: K) => Promise<V>): Promise<Map<K, V>> =>
  new Map(await Promise.all([...new Set(keys)].map(async (key): Promise<[K, V]> => [key, await read(key)])));

const knownOr = async (listed: Servers, id: number, read: () => Promise<Read<ServerFacts | null>>) => {
  const known = listed.ok ? listed.value.find((server) => server.id === id) : undefined;
  return known ? ({ ok: true, value: known } as const) : read();
};

const ofNode = (listed: Servers, nodeId: string): Servers =>
  listed.ok ? { ok: true, value: listed.value.filter(({ labels }) => labels.node === nodeId) } : listed;

const both = (first: Servers, second: Servers): Servers => {
  if (!first.ok) return first;
  return second.ok ? { ok: true, value: [...first.value, ...second.value] } : second;
};

const listOurs = (connection: Connection, asking: readonly Asking[]): Promise<Servers> => {
  const installation = asking[0]?.state.job.installation ?? "";
  const nodes = asking.map(({ state }) => state.node.id);
  const selector = labelSelector({ "managed-by": "pressluft", installation, node: nodes });
  return budgeted(connection, "read", () => all(connection.hetzner.servers.list({ labelSelector: selector })));
};

const listByName = (connection: Connection, name: string): Promise<Servers> =>
  budgeted(connection, "read", () => all(connection.hetzner.servers.list({ name })));

const getServer = (connection: Connection, id: number): Promise<Read<ServerFacts | null>> =>
  budgeted(connection, "poll", async () => {
    const server = await connection.hetzner.servers.get(id);
    return server && serverFacts(server);
  });

const all = async (servers: AsyncIterable<Server>): Promise<ServerFacts[]> => {
  const found: ServerFacts[] = [];
  for await (const server of servers) found.push(serverFacts(server));
  return found;
};

export const serverFacts = (server: Server): ServerFacts => ({
  id: server.id,
  name: server.name,
  status: server.status,
  labels: server.labels,
  ipv4: server.publicNet.ipv4?.ip ?? null,
  ipv6: firstAddress(server.publicNet.ipv6?.ip ?? null),
  deleteProtected: server.protection.delete,
});

/** Hetzner gives a network (`2001:db8::/64`); the host is its first address. */
const firstAddress = (network: string | null): string | null => network?.replace(/::\/\d+$/, "::1") ?? null;
