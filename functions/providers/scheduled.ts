/** What the sweeper does for providers, so that their status and the catalogue are true without anyone asking. */
import { type ProviderId, providerIds } from "../../contracts/models.ts";
import { isRecheckDue } from "../../shared/domain/credential-check.ts";
import { findInstallation } from "../../shared/store/installation.ts";
import { findProvider } from "../../shared/store/providers.ts";
import { refreshCatalogue } from "./catalogue.ts";
import { type CheckDeps, totalMs } from "./deps.ts";
import { hasToken, recheckProvider } from "./recheck.ts";

/** Checks each stored token that is due: every five minutes, one that is not verified yet every minute. */
export const recheckProviders = async (deps: CheckDeps): Promise<void> => {
  const installation = await findInstallation(deps.table);
  if (installation === undefined) return;
  await Promise.all(providerIds.map((id) => recheckOne(deps, id, installation)));
};

const recheckOne = async (deps: CheckDeps, id: ProviderId, installation: string): Promise<void> => {
  const nowMs = deps.clock.now();
  const provider = await findProvider(deps.table, id);
  if (!hasToken(provider) || provider.managedKey === null || !isRecheckDue(provider, nowMs)) return;
  const { managedKey } = provider;
  await recheckProvider(deps, { provider, installation, managedKey, endMs: nowMs + totalMs });
};

/** Fetches what each connected provider sells, when the stored catalogue is an hour old. */
export const refreshCatalogues = async (deps: CheckDeps): Promise<void> => {
  await Promise.all(providerIds.map((id) => refreshOne(deps, id)));
};

const refreshOne = async (deps: CheckDeps, providerId: ProviderId): Promise<void> => {
  const provider = await findProvider(deps.table, providerId);
  if (!hasToken(provider) || provider.status !== "connected") return;
  const token = await deps.vault.read(provider.tokenSecret);
  if (token === undefined) return;
  const hetzner = deps.hetznerFor(token, () => undefined);
  await refreshCatalogue(deps, { providerId, hetzner, endMs: deps.clock.now() + totalMs });
};
