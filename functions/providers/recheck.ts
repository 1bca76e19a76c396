/** Checking the stored token again: by a person, and on the sweeper's schedule. */
import { decideRecheck } from "../../shared/domain/credential-check.ts";
import { type ManagedKey, type ProviderRecord, withoutToken } from "../../shared/domain/provider.ts";
import { changeProvider, destroyRetired, findProvider, putBudget } from "../../shared/store/providers.ts";
import { checkCredential } from "./check.ts";
import { tidy } from "./connect.ts";
import type { CheckDeps } from "./deps.ts";

/** A connection whose token is stored. */
export type StoredProvider = ProviderRecord & { readonly tokenSecret: string };

export const hasToken = (provider: ProviderRecord | undefined): provider is StoredProvider =>
  provider !== undefined && provider.tokenSecret !== null;

export interface Recheck {
  readonly provider: StoredProvider;
  readonly installation: string;
  readonly managedKey: ManagedKey;
  /** The check ends by then. */
  readonly endMs: number;
}

/** The connection after a live check of its token; as it is now when another token became current meanwhile. */
export const recheckProvider = async (deps: CheckDeps, request: Recheck): Promise<ProviderRecord> => {
  const { provider } = request;
  const token = await deps.vault.read(provider.tokenSecret);
  if (token === undefined) return changeIfCurrent(deps, provider, withoutToken);
  // Its project cannot be another one: it is the token with which everything there was made.
  const check = await checkCredential(deps, { ...request, token, use: null });
  const { verdict, detail, budget } = check;
  deps.log.info("provider_recheck", { provider_id: provider.providerId, verdict, detail });
  const changed = await changeIfCurrent(deps, provider, (current, nowMs) => decideRecheck(check, current, nowMs));
  await tidy(deps, () => destroyRetired(deps, changed, deps.clock.now()));
  if (budget !== null && changed.tokenSecret === provider.tokenSecret)
    await putBudget(deps.table, provider.providerId, budget);
  return changed;
};

const changeIfCurrent = async (
  { table, clock }: CheckDeps,
  checked: StoredProvider,
  change: (current: ProviderRecord, nowMs: number) => ProviderRecord,
): Promise<ProviderRecord> => {
  const nowMs = clock.now();
  const changed = await changeProvider(table, { id: checked.providerId, nowMs }, (current) =>
    current.tokenSecret === checked.tokenSecret ? change(current, nowMs) : null,
  );
  return changed ?? (await findProvider(table, checked.providerId)) ?? checked;
};
