/** The control plane's key pair for servers: made once, its private half never read here. */
import type { ProviderId } from "../../contracts/models.ts";
import { keySecretName, type ManagedKey, sshKeyName } from "../../shared/domain/provider.ts";
import { fingerprintMd5 } from "../../shared/hetzner/index.ts";
import type { KeyPair } from "../../shared/node/keys.ts";
import type { Vault } from "../../shared/vault.ts";

/**
 * The key of this installation and provider. Making the secret is the lock: of two first calls one key wins. Its public
 * half is the secret's description, so that whoever registers it need not be allowed to read the secret.
 *
 * @param known the key as it is stored; keeps its Hetzner id while it is the same key
 */
export const ensureManagedKey = async (
  { vault, makeKeyPair }: { vault: Vault; makeKeyPair(comment: string): KeyPair },
  owner: { providerId: ProviderId; installation: string; known: ManagedKey | null },
): Promise<ManagedKey> => {
  const secretName = keySecretName(owner.installation, owner.providerId);
  const publicKey = await findOrMake(vault, secretName, () => makeKeyPair(sshKeyName(owner.installation)));
  const fingerprint = fingerprintMd5(publicKey);
  const hetznerId = owner.known?.fingerprintMd5 === fingerprint ? owner.known.hetznerId : null;
  return { secretName, publicKey, fingerprintMd5: fingerprint, hetznerId };
};

const findOrMake = async (vault: Vault, name: string, make: () => KeyPair): Promise<string> => {
  const existing = await vault.describe(name);
  if (existing !== undefined) return existing.description;
  const { privateKey, publicKey } = make();
  if ((await vault.create(name, privateKey, { description: publicKey })) === "created") return publicKey;
  const winner = await vault.describe(name);
  if (winner === undefined) throw new Error("the SSH key's secret was removed while it was made");
  return winner.description;
};
