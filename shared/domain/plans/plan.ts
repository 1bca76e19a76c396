/**
 * What a plan is: from what is known now to the next move. Level-triggered: it looks at what is, not at what was last
 * done, so any step may run twice and any crash resumes. Pure: no I/O, no clock, no randomness.
 */

import type { ProviderFault } from "../failure.ts";
import type { JobRecord } from "../job.ts";
import type { NodeRecord } from "../node.ts";
import type { Tombstone } from "../tombstone.ts";

/** An answer from outside, or why there is none. */
export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: ProviderFault };

export interface ServerFacts {
  readonly id: number;
  readonly name: string;
  /** Hetzner's word, e.g. `initializing`, `running`, `off`, `deleting`; new ones may come. */
  readonly status: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ipv4: string | null;
  readonly ipv6: string | null;
  readonly deleteProtected: boolean;
}

export interface ActionFacts {
  readonly id: number;
  readonly status: "running" | "success" | "error";
  /** 0 to 100. */
  readonly progress: number;
  readonly fault: ProviderFault | null;
}

export interface ActionsFacts {
  readonly found: readonly ActionFacts[];
  readonly missing: readonly number[];
}

/** One look over SSH, accepting the node's own host keys only. */
export type HostFacts =
  | { readonly reached: false; readonly reason: string }
  | {
      readonly reached: true;
      readonly cloudInit: { readonly status: string; readonly detail: string | null };
      readonly sudo: boolean;
      readonly runtimePresent: boolean;
      readonly hostKeys: HostKeyFacts;
    };

/** The server's host keys, as public key lines without comment. */
export interface HostKeyFacts {
  /** The one it proved itself with in this look. */
  readonly answered: string;
  /** The one in the file that sshd loads when it starts; null: none that can be read. */
  readonly installed: string | null;
  /** The one that waits beside it; null: none that can be read. */
  readonly beside: string | null;
}

/** What a plan wants read before it decides. Reads only; grouped over all jobs of a batch. */
export interface Needs {
  /** Our key in the project, by fingerprint. */
  readonly managedKey?: true;
  /** The public half of a fresh host key: a server may be ordered in this look. */
  readonly hostKey?: true;
  readonly actionIds?: readonly number[];
  readonly serverId?: number;
  /** Servers with this node's label, and any server with this exact name. */
  readonly lookup?: { readonly name: string };
  readonly host?: true;
}

export interface State {
  readonly nowMs: number;
  readonly job: JobRecord;
  readonly node: NodeRecord;
}

export interface Facts extends State {
  /** Why the connection cannot be used at all; null when it can. */
  readonly blocked: ProviderFault | null;
  readonly managedKey?: Read<{ readonly id: number } | null>;
  readonly hostKey?: string;
  readonly actions?: Read<ActionsFacts>;
  readonly server?: Read<ServerFacts | null>;
  readonly lookup?: Read<readonly ServerFacts[]>;
  readonly host?: HostFacts;
}

/** At most one a look. `create_server` is the only one that must be recorded before it leaves. */
export type OutsideWrite =
  | { readonly kind: "register_key" }
  | { readonly kind: "create_server"; readonly hostKey: string; readonly sshKeyId: number }
  | { readonly kind: "power_on"; readonly serverId: number }
  | { readonly kind: "delete_server"; readonly serverId: number }
  /** On the server itself, over SSH: a new host key beside the old one. */
  | { readonly kind: "make_host_key" }
  /** Likewise: that key, and no other, takes the old one's place, and sshd loads it. Only for a key that is recorded. */
  | { readonly kind: "install_host_key"; readonly publicKey: string };

export type Written =
  | { readonly kind: "register_key"; readonly keyId: number }
  | { readonly kind: "create_server"; readonly serverId: number; readonly actionIds: readonly number[] }
  | { readonly kind: "power_on"; readonly actionId: number }
  /** Accepted, or there was nothing to delete: the next look tells. */
  | { readonly kind: "delete_server" }
  /** What went wrong, in our words, or null; either way the next look tells. */
  | { readonly kind: "change_host_key"; readonly complaint: string | null };

export type WriteOutcome = Read<Written>;

export interface Move {
  readonly job: JobRecord;
  readonly node: NodeRecord;
  /** Do this, then hand its outcome to `absorb`. Absent: settle. */
  readonly write?: OutsideWrite;
  readonly tombstone?: Tombstone | "closed";
  readonly freeName?: true;
}

export interface Plan {
  readonly steps: readonly string[];
  /** The job's total time, in minutes. */
  readonly totalMinutes: number;
  needs(state: State): Needs;
  decide(facts: Facts): Move;
  /** What follows from the outcome of the write that `decide` asked for. */
  absorb(state: State, outcome: WriteOutcome): Move;
}
