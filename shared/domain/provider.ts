/** A provider connection: what we know of the operator's Hetzner project, and what follows from a live check. */
import * as z from "zod";
import {
  errorReason,
  type ProviderConnection,
  type ProviderId,
  providerCapabilities,
  providerId,
  providerStatuses,
} from "../../contracts/models.ts";
import { toIso, toIsoOrNull } from "./node.ts";

const timeMs = z.number().int();

/** The control plane's own SSH key pair in the project. The private half is in the secret store alone. */
export const managedKey = z.object({
  secretName: z.string(),
  publicKey: z.string(),
  fingerprintMd5: z.string(),
  /** Its id in the Hetzner project; null until it has been seen there. */
  hetznerId: z.number().int().nullable(),
});
export type ManagedKey = z.infer<typeof managedKey>;

export const providerRecord = z.object({
  providerId,
  status: z.enum(providerStatuses),
  statusReason: errorReason.nullable(),
  statusMessage: z.string(),
  /** What a person should do next; empty while all is well. */
  guidance: z.array(z.string()),
  /** Name of the secret that holds the current token; null when none is stored. */
  tokenSecret: z.string().nullable(),
  /** False: stored while Hetzner could not be asked; never used for a node. */
  tokenVerified: z.boolean(),
  /** Names of secrets with tokens that are no longer current and may still exist; each is to be destroyed. */
  retiredSecrets: z.array(z.string()),
  managedKey: managedKey.nullable(),
  connectedAtMs: timeMs.nullable(),
  lastCheckedAtMs: timeMs.nullable(),
  /** Checks in a row that could not tell (429, 5xx, network). Three change the status of a connected provider. */
  uncertainChecks: z.number().int(),
  updatedAtMs: timeMs,
  /** Counts the changes: each is conditional on the one before. */
  version: z.number().int(),
});
export type ProviderRecord = z.infer<typeof providerRecord>;

/** Rate limit of the project as last seen; shared by all workers. */
export const budgetRecord = z.object({ limit: z.number(), remaining: z.number(), resetAtMs: timeMs, seenAtMs: timeMs });
export type BudgetRecord = z.infer<typeof budgetRecord>;

/** May nodes be made with this connection? */
export const canAcquire = (
  provider: ProviderRecord,
): provider is ProviderRecord & { tokenSecret: string; managedKey: ManagedKey } =>
  provider.status === "connected" &&
  provider.tokenSecret !== null &&
  provider.tokenVerified &&
  provider.managedKey !== null;

const displayNames: Record<ProviderId, string> = { hetzner: "Hetzner Cloud" };

/** How to get a token that works, step by step. */
export const tokenSteps: readonly string[] = [
  "In Hetzner's console (console.hetzner.com) open the project in which the servers are to be made, or make a new one.",
  "Open Security, then API tokens, then Generate API token; give it a name and choose the permission Read & Write.",
  "Copy the whole token (it is shown only this once) and connect Hetzner with it here.",
];

/** A provider that nobody has connected. `nowMs` becomes the time of its last change. */
export const disconnectedProvider = (id: ProviderId, nowMs: number): ProviderRecord => ({
  providerId: id,
  status: "disconnected",
  statusReason: null,
  statusMessage: `${displayNames[id]} is not connected.`,
  guidance: [...tokenSteps],
  tokenSecret: null,
  tokenVerified: false,
  retiredSecrets: [],
  managedKey: null,
  connectedAtMs: null,
  lastCheckedAtMs: null,
  uncertainChecks: 0,
  updatedAtMs: nowMs,
  version: 0,
});

/** Without its token. Secrets that are still to be destroyed stay listed; so does the managed key, for the next time. */
export const disconnect = (provider: ProviderRecord, nowMs: number): ProviderRecord => ({
  ...disconnectedProvider(provider.providerId, nowMs),
  retiredSecrets: retire(provider, null),
  managedKey: provider.managedKey && { ...provider.managedKey, hetznerId: null },
  version: provider.version,
});

/** Its token's secret is gone, which no program of ours does: as good as never stored, but nothing else is forgotten. */
export const withoutToken = (provider: ProviderRecord, nowMs: number): ProviderRecord => ({
  ...disconnect(provider, nowMs),
  managedKey: provider.managedKey,
  statusMessage: "The stored token can no longer be found in the secret store.",
});

/** The secrets to be destroyed once `nextSecret` is the current one. */
export const retire = (provider: ProviderRecord, nextSecret: string | null): string[] => {
  const old = provider.tokenSecret;
  return old === null || old === nextSecret ? provider.retiredSecrets : [...provider.retiredSecrets, old];
};

/** As the API shows it. The budget belongs to the stored token's project: without a token there is none. */
export const presentProvider = (provider: ProviderRecord, budget: BudgetRecord | undefined): ProviderConnection => ({
  provider_id: provider.providerId,
  display_name: displayNames[provider.providerId],
  status: provider.status,
  status_reason: provider.statusReason,
  capabilities: [...providerCapabilities],
  secret_configured: provider.tokenSecret !== null,
  guidance: provider.guidance,
  last_status_message: provider.statusMessage,
  connected_at: toIsoOrNull(provider.connectedAtMs),
  last_checked_at: toIsoOrNull(provider.lastCheckedAtMs),
  updated_at: toIso(provider.updatedAtMs),
  rate_limit:
    provider.tokenSecret === null || budget === undefined
      ? null
      : { limit: Math.floor(budget.limit), remaining: Math.max(0, Math.floor(budget.remaining)) },
});

/** The labels of our SSH key at Hetzner. */
export const sshKeyLabels = (installation: string): Record<string, string> => ({
  "managed-by": "pressluft",
  installation,
});

/** `pressluft-` and the last eight hex digits of the installation's id (random in a UUIDv7). */
export const sshKeyName = (installation: string): string => `pressluft-${installation.replaceAll("-", "").slice(-8)}`;

/** Where a token is kept; a new name for each, so that none is ever written over. */
export const tokenSecretName = (installation: string, id: string): string => `pressluft/${installation}/token/${id}`;

/** Where the private half of the managed key is kept: one an installation and provider. */
export const keySecretName = (installation: string, provider: ProviderId): string =>
  `pressluft/${installation}/ssh-key/${provider}`;
