/** Secrets by name. Values go in and come out here and are nowhere else: not in the table, a log, a message or an error. */
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  InvalidRequestException,
  ResourceExistsException,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";

export interface Vault {
  /** Makes the secret unless there is one: then `exists`, and that one is untouched. So it serves as a lock too. */
  create(name: string, value: string, about: { description: string }): Promise<"created" | "exists">;
  /** Undefined: there is none (any more). */
  read(name: string): Promise<string | undefined>;
  /** What was said about it at its creation; does not need the right to read it. Undefined: there is none (any more). */
  describe(name: string): Promise<{ description: string } | undefined>;
  /** At once and without recovery. That it is gone already is fine. */
  destroy(name: string): Promise<void>;
}

/**
 * In AWS Secrets Manager, encrypted under `kmsKeyId`. Throws what the AWS SDK throws, on anything but the answers above.
 * The SDK's errors carry the names, not the values.
 */
export const makeVault = ({ client, kmsKeyId }: { client: SecretsManagerClient; kmsKeyId?: string }): Vault => ({
  create: async (name, value, { description }) => {
    const key = kmsKeyId === undefined ? {} : { KmsKeyId: kmsKeyId };
    const command = new CreateSecretCommand({ Name: name, SecretString: value, Description: description, ...key });
    const created = await client.send(command).catch(undefinedIf(ResourceExistsException));
    return created === undefined ? "exists" : "created";
  },
  read: secretReader(client),
  describe: async (name) => {
    const command = new DescribeSecretCommand({ SecretId: name });
    const found = await client.send(command).catch(undefinedIf(ResourceNotFoundException));
    return found && { description: found.Description ?? "" };
  },
  destroy: async (name) => {
    const command = new DeleteSecretCommand({ SecretId: name, ForceDeleteWithoutRecovery: true });
    await client.send(command).catch(undefinedIf(ResourceNotFoundException));
  },
});

/** For those who only read: `Vault.read` alone. */
export const secretReader =
  (client: SecretsManagerClient): Vault["read"] =>
  async (name) => {
    const command = new GetSecretValueCommand({ SecretId: name });
    // InvalidRequest: somebody has marked it for deletion, which makes it unreadable (AWS, GetSecretValue).
    const found = await client.send(command).catch(undefinedIf(ResourceNotFoundException, InvalidRequestException));
    return found?.SecretString;
  };

type ErrorClass = abstract new (...args: never[]) => Error;

const undefinedIf =
  (...expected: readonly ErrorClass[]) =>
  (error: unknown): undefined => {
    if (!expected.some((kind) => error instanceof kind)) throw error;
  };

/** In memory, with the same behaviour, for tests with a stepped clock. */
export interface MemoryVault extends Vault {
  /** Names of all secrets that exist, sorted. */
  names(): readonly string[];
}

export const makeMemoryVault = (): MemoryVault => {
  const secrets = new Map<string, { value: string; description: string }>();
  return {
    create: async (name, value, { description }) => {
      if (secrets.has(name)) return "exists";
      secrets.set(name, { value, description });
      return "created";
    },
    read: async (name) => secrets.get(name)?.value,
    describe: async (name) => {
      const found = secrets.get(name);
      return found && { description: found.description };
    },
    destroy: async (name) => {
      secrets.delete(name);
    },
    names: () => [...secrets.keys()].sort(),
  };
};
