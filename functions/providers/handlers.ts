/** What the API answers about providers. */
import { type ProviderConnection, type ProviderId, providerIds } from "../../contracts/models.ts";
import { presentOptions } from "../../shared/domain/catalogue.ts";
import { disconnectedProvider, type ProviderRecord, presentProvider } from "../../shared/domain/provider.ts";
import { getInstallation } from "../../shared/store/installation.ts";
import { findBudget, findCatalogue, findProvider } from "../../shared/store/providers.ts";
import { ApiProblem, type Handlers } from "../http/edge.ts";
import { refreshCatalogue } from "./catalogue.ts";
import { connectProvider } from "./connect.ts";
import { type ProvidersDeps, totalMs } from "./deps.ts";
import { disconnectProvider } from "./disconnect.ts";
import { ensureManagedKey } from "./managed-key.ts";
import { hasToken, recheckProvider } from "./recheck.ts";

export const makeProvidersHandlers = (deps: ProvidersDeps): Handlers<"providers"> => {
  const { table, clock, defaults } = deps;
  const present = async (provider: ProviderRecord): Promise<ProviderConnection> =>
    presentProvider(provider, await findBudget(table, provider.providerId));
  const show = async (id: ProviderId) =>
    present((await findProvider(table, id)) ?? disconnectedProvider(id, clock.now()));
  return {
    listProviders: async () => ({ body: await Promise.all(providerIds.map(show)) }),
    getProvider: async ({ params }) => ({ body: await show(params.provider_id) }),
    connectProvider: async ({ body }) => {
      const request = { providerId: body.provider_id, token: body.api_token, endMs: clock.now() + totalMs };
      const provider = await connectProvider(deps, request);
      await refreshWith(deps, provider, request);
      return { body: await present(provider) };
    },
    checkProvider: async ({ params }) => ({ body: await present(await checkNow(deps, params.provider_id)) }),
    getProviderOptions: async ({ params: { provider_id: id } }) => ({
      body: presentOptions(id, await findCatalogue(table, id), defaults),
    }),
    disconnectProvider: async ({ params }) => {
      const request = { providerId: params.provider_id, endMs: clock.now() + totalMs };
      return { body: await present(await disconnectProvider(deps, request)) };
    },
  };
};

/** Throws `provider_not_connected` while no token is stored. */
const checkNow = async (deps: ProvidersDeps, providerId: ProviderId): Promise<ProviderRecord> => {
  const endMs = deps.clock.now() + totalMs;
  const stored = (await findProvider(deps.table, providerId)) ?? disconnectedProvider(providerId, deps.clock.now());
  if (!hasToken(stored)) {
    const { guidance, statusMessage } = stored;
    throw new ApiProblem("provider_not_connected", `No token is stored. ${statusMessage}`, { guidance });
  }
  const installation = await getInstallation(deps.table, deps.makeId);
  const managedKey = await ensureManagedKey(deps, { providerId, installation, known: stored.managedKey });
  const provider = await recheckProvider(deps, { provider: stored, installation, managedKey, endMs });
  const token = await deps.vault.read(stored.tokenSecret);
  if (token !== undefined) await refreshWith(deps, provider, { token, endMs });
  return provider;
};

/** In what is left of the time: the catalogue can wait, the person cannot. */
const refreshWith = async (
  deps: ProvidersDeps,
  { status, providerId }: ProviderRecord,
  { token, endMs }: { token: string; endMs: number },
): Promise<void> => {
  if (status !== "connected") return;
  const hetzner = deps.hetznerFor(token, () => undefined);
  await refreshCatalogue(deps, { providerId, hetzner, endMs });
};
