import * as z from "zod/mini";
import type { CallOptions } from "./options.ts";
import { listAll, meta } from "./pages.ts";
import { type SshKey, sshKeyAnswer, sshKeySchema } from "./schemas/ssh-key.ts";
import { absentAsNull, idPath, type Wire } from "./wire.ts";

export interface SshKeyQuery {
  /** Exact. */
  name?: string | undefined;
  /** See `fingerprintMd5`. */
  fingerprint?: string | undefined;
  /** See `labelSelector`. */
  labelSelector?: string | undefined;
}

export interface CreateSshKey {
  name: string;
  /** One line in OpenSSH form. */
  publicKey: string;
  labels?: Readonly<Record<string, string>> | undefined;
}

export interface UpdateSshKey {
  name?: string | undefined;
  /** Replaces all labels. */
  labels?: Readonly<Record<string, string>> | undefined;
}

/** Keys of the project, all of them without a query. */
export function listSshKeys(wire: Wire, query: SshKeyQuery = {}, options?: CallOptions): AsyncGenerator<SshKey> {
  return listAll(
    wire,
    {
      operation: "sshKeys.list",
      path: "/ssh_keys",
      query: { name: query.name, fingerprint: query.fingerprint, label_selector: query.labelSelector },
      page: z.object({ sshKeys: z.array(sshKeySchema), meta }),
      items: (page) => page.sshKeys,
    },
    options,
  );
}

/** Null when Hetzner says that there is none. */
export async function getSshKey(wire: Wire, id: number, options?: CallOptions): Promise<SshKey | null> {
  const operation = "sshKeys.get";
  const path = `/ssh_keys/${idPath(operation, id)}`;
  const answer = await absentAsNull(wire.ask({ operation, method: "GET", path }, sshKeyAnswer, options));
  return answer?.sshKey ?? null;
}

/** Fails with `uniqueness_error` when the name or the key itself is in the project already. */
export async function createSshKey(wire: Wire, input: CreateSshKey, options?: CallOptions): Promise<SshKey> {
  const body = { name: input.name, public_key: input.publicKey, labels: input.labels };
  const request = { operation: "sshKeys.create", method: "POST", path: "/ssh_keys", body } as const;
  const answer = await wire.ask(request, sshKeyAnswer, options);
  return answer.sshKey;
}

/** The key itself cannot be changed. */
export async function updateSshKey(
  wire: Wire,
  id: number,
  { name, labels }: UpdateSshKey,
  options?: CallOptions,
): Promise<SshKey> {
  const operation = "sshKeys.update";
  const path = `/ssh_keys/${idPath(operation, id)}`;
  const answer = await wire.ask({ operation, method: "PUT", path, body: { name, labels } }, sshKeyAnswer, options);
  return answer.sshKey;
}

/** False when Hetzner says that there was none. Servers that have the key keep it. */
export async function deleteSshKey(wire: Wire, id: number, options?: CallOptions): Promise<boolean> {
  const operation = "sshKeys.delete";
  const path = `/ssh_keys/${idPath(operation, id)}`;
  const done = wire.tell({ operation, method: "DELETE", path }, options).then(() => true);
  return (await absentAsNull(done)) ?? false;
}
