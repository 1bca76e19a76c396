/** One Hetzner project as the worker sees it for the length of one batch: its client, its key, its request budget. */
import type { ProviderId } from "../../contracts/models.ts";
import type { ProviderFault } from "../../shared/domain/failure.ts";
import type { BudgetRecord, ManagedKey } from "../../shared/domain/provider.ts";
import { type Hetzner, type RateLimit, waitForBudgetMs } from "../../shared/hetzner/index.ts";
import { findBudget, findProvider, putBudget } from "../../shared/store/providers.ts";
import type { WorkerDeps } from "./deps.ts";
import { ownFault } from "./faults.ts";

type ConnectionDeps = Pick<WorkerDeps, "table" | "clock" | "log" | "readSecret" | "hetznerFor">;

export type Priority = "write" | "read" | "poll";

export interface Connection {
  readonly providerId: ProviderId;
  /** Name of the secret whose token is used. */
  readonly tokenSecret: string;
  readonly hetzner: Hetzner;
  readonly managedKey: ManagedKey;
  /** Why a request must wait for the project's budget; null when it may leave. */
  budgetFault(priority: Priority, cost: number): ProviderFault | null;
  /** Shares what this batch learnt of the budget with the other workers; losing that is no reason to fail. */
  close(): Promise<void>;
}

/** A provider that cannot be asked. Its nodes can be logged in to all the same, if there is a key. */
export interface Closed {
  readonly fault: ProviderFault;
  readonly managedKey: ManagedKey | null;
}

/** Either is the answer to "can this provider be asked?". */
export type Opened = Connection | Closed;
export const isClosed = (opened: Opened): opened is Closed => "fault" in opened;

/** The connection of a provider, or why there is none that could be used. A token replaced between two reads is read anew. */
export const openConnection = async (
  deps: ConnectionDeps,
  providerId: ProviderId,
  mayReopen = true,
): Promise<Opened> => {
  const provider = await findProvider(deps.table, providerId);
  const closed = (message: string): Closed => ({
    fault: ownFault("unauthorized", message),
    managedKey: provider?.managedKey ?? null,
  });
  if (!provider?.tokenSecret || !provider.tokenVerified || !provider.managedKey)
    return closed("No API token is stored for Hetzner that is known to work");
  const [token, budget] = await Promise.all([
    deps.readSecret(provider.tokenSecret),
    findBudget(deps.table, providerId),
  ]);
  const { tokenSecret, managedKey } = provider;
  if (token === undefined) {
    return mayReopen && (await isReplaced(deps, { providerId, tokenSecret }))
      ? openConnection(deps, providerId, false)
      : closed("The stored API token for Hetzner can no longer be found");
  }
  return connect(deps, { providerId, tokenSecret, token, budget: budget ?? null, managedKey });
};

/** Has the operator stored another token since? Then what was said to the old one says nothing about the connection. */
export const isReplaced = async (
  { table }: Pick<ConnectionDeps, "table">,
  { providerId, tokenSecret }: Pick<Connection, "providerId" | "tokenSecret">,
): Promise<boolean> => {
  const current = (await findProvider(table, providerId))?.tokenSecret ?? null;
  return current !== null && current !== tokenSecret;
};

interface Opening {
  providerId: ProviderId;
  tokenSecret: string;
  token: string;
  budget: BudgetRecord | null;
  managedKey: ManagedKey;
}

const connect = (deps: ConnectionDeps, { providerId, tokenSecret, token, budget, managedKey }: Opening): Connection => {
  let seen: RateLimit | null = budget;
  const hetzner = deps.hetznerFor(token, (rateLimit) => {
    seen = rateLimit;
  });
  return {
    providerId,
    tokenSecret,
    hetzner,
    managedKey,
    budgetFault: (priority, cost) => {
      const waitMs = waitForBudgetMs({ seen, nowMs: deps.clock.now(), priority, cost });
      return waitMs === 0 ? null : ownFault("rate_limited", "Waiting for the project's request budget at Hetzner");
    },
    close: async () => {
      if (seen === null || seen === budget) return;
      await putBudget(deps.table, providerId, seen).catch((error: unknown) => deps.log.warn("budget_lost", { error }));
    },
  };
};
