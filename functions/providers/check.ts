/** The live check of a token: what it sees, whether it belongs to our project, and whether it can write. */
import {
  type CallOutcome,
  type CheckResult,
  judgeCheck,
  type ProjectMatch,
  tokenShape,
} from "../../shared/domain/credential-check.ts";
import { type BudgetRecord, type ManagedKey, sshKeyLabels, sshKeyName } from "../../shared/domain/provider.ts";
import { type Hetzner, HetznerError, type SshKey } from "../../shared/hetzner/index.ts";
import type { ProviderUse } from "../../shared/store/providers.ts";
import { type CheckDeps, runUntil, TimeIsUp } from "./deps.ts";

export interface CheckRequest {
  readonly token: string;
  readonly installation: string;
  readonly managedKey: ManagedKey;
  /** What the token's project must hold; null: it may be any project. */
  readonly use: ProviderUse | null;
  /** The check ends by then, come what may. */
  readonly endMs: number;
}

export interface LiveCheck extends CheckResult {
  readonly managedKey: ManagedKey;
  readonly project: ProjectMatch;
  /** Of the token's project; null when no answer told it. */
  readonly budget: BudgetRecord | null;
}

/**
 * Asks Hetzner about a token. `connected` means that a write worked: our key was registered, or was there and has been
 * written as it is. Nothing is written before the project is known to be the right one. Throws only what is a fault of ours.
 */
export const checkCredential = async (deps: CheckDeps, request: CheckRequest): Promise<LiveCheck> => {
  const { token, managedKey, use, endMs } = request;
  const record = makeRecord();
  const found: { project: ProjectMatch; keyId: number | null } = {
    project: use === null ? "not_asked" : "unproven",
    keyId: null,
  };
  let budget: BudgetRecord | null = null;
  const hetzner = deps.hetznerFor(token, (seen) => {
    budget = seen;
  });
  try {
    await runUntil(deps.clock, endMs, async (signal) => {
      const look: Look = { ...request, hetzner, record, signal };
      const key = await findKey(look);
      if (use !== null) found.project = (await isOurProject(look, use, key)) ? "same" : "other";
      if (found.project !== "other") found.keyId = (await proveWrite(look, key)).id;
    });
  } catch (error) {
    record.end(error);
  }
  return {
    verdict: judgeCheck(record.outcomes),
    shape: tokenShape(token),
    detail: record.detail(),
    managedKey: { ...managedKey, hetznerId: found.keyId ?? managedKey.hetznerId },
    project: found.project,
    budget,
  };
};

interface Look extends CheckRequest {
  readonly hetzner: Hetzner;
  readonly record: CallRecord;
  readonly signal: AbortSignal;
}

/** What the calls of one check came to, in their order. */
interface CallRecord {
  readonly outcomes: readonly CallOutcome[];
  watch<T>(kind: CallOutcome["kind"], call: Promise<T>): Promise<T>;
  /** Takes what ended the check; throws it when it is no answer about Hetzner. */
  end(error: unknown): void;
  detail(): string | null;
}

const makeRecord = (): CallRecord => {
  const outcomes: CallOutcome[] = [];
  let last: HetznerError | null = null;
  return {
    outcomes,
    watch: async (kind, call) => {
      try {
        const value = await call;
        outcomes.push({ kind, ok: true });
        return value;
      } catch (error) {
        if (error instanceof HetznerError) {
          outcomes.push({ kind, ok: false, class: error.class });
          last = error;
        }
        throw error;
      }
    },
    end: (error) => {
      if (error instanceof TimeIsUp) outcomes.push({ kind: "read", ok: false, class: "timeout" });
      else if (!(error instanceof HetznerError)) throw error;
    },
    detail: () => last && describeError(last),
  };
};

const describeError = ({ class: kind, correlationId }: HetznerError): string =>
  correlationId === null ? kind : `${kind}, correlation id ${correlationId}`;

const findKey = async ({ hetzner, managedKey, record, signal }: Look): Promise<SshKey | null> => {
  const find = async (): Promise<SshKey | null> => {
    const { fingerprintMd5: fingerprint } = managedKey;
    for await (const key of hetzner.sshKeys.list({ fingerprint }, { signal })) {
      if (key.fingerprint === fingerprint) return key;
    }
    return null;
  };
  return record.watch("read", find());
};

/** Servers asked for at most: one is proof enough, and each one that was deleted by hand costs a request. */
const SERVERS_MAX = 3;

/** Ids are unique over all projects: who sees one of ours with this token is in our project. */
const isOurProject = async (look: Look, use: ProviderUse, key: SshKey | null): Promise<boolean> => {
  if (key !== null && key.id === look.managedKey.hetznerId) return true;
  const serverIds = [...use.nodes, ...use.tombstones].flatMap(({ serverId }) => (serverId === null ? [] : [serverId]));
  for (const id of [...new Set(serverIds)].slice(0, SERVERS_MAX)) {
    const server = await look.record.watch("read", look.hetzner.servers.get(id, { signal: look.signal }));
    if (server !== null) return true;
  }
  return false;
};

/** A lost answer and a name that is taken are each worth another look, together no more than this. */
const ROUNDS_MAX = 3;

/** Writes our key as it is, or registers it. What failed in a way that leaves open what is there is looked at again. */
const proveWrite = async (look: Look, found: SshKey | null): Promise<SshKey> => {
  const ownName = sshKeyName(look.installation);
  const otherName = `${ownName}-${look.managedKey.fingerprintMd5.replaceAll(":", "").slice(0, 8)}`;
  let [key, name] = [found, ownName];
  for (let round = 1; ; round += 1) {
    try {
      return await look.record.watch("write", writeKey(look, key, name));
    } catch (error) {
      if (round === ROUNDS_MAX || !isWorthLooking(error)) throw error;
      // The key is there by now, which the look shows, or another key has our name.
      if (error.code === "uniqueness_error") name = otherName;
      key = await findKey(look);
    }
  }
};

const writeKey = (look: Look, key: SshKey | null, name: string): Promise<SshKey> => {
  const { hetzner, installation, managedKey, signal } = look;
  if (key !== null) return hetzner.sshKeys.update(key.id, { name: key.name, labels: key.labels }, { signal });
  const { publicKey } = managedKey;
  return hetzner.sshKeys.create({ name, publicKey, labels: sshKeyLabels(installation) }, { signal });
};

const isWorthLooking = (error: unknown): error is HetznerError =>
  error instanceof HetznerError &&
  (error.code === "uniqueness_error" || error.effect === "unknown" || error.class === "not_found");
