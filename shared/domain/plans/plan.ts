/**
 * What a plan is: from what is known now to the next move. Level-triggered: it looks at what is, not at what was last
 * done, so any step may run twice and any crash resumes. Pure: no I/O, no clock, no randomness.
 */

import type { BackupRecord } from "../backup.ts";
import type { ProviderFault } from "../failure.ts";
import type { JobRecord } from "../job.ts";
import type { NodeRecord } from "../node.ts";
import type { RunOrder, WordpressSource } from "../playbooks.ts";
import type { EnvironmentRecord, SiteRecord } from "../site.ts";
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

/** One run of a playbook on the node, as a look finds it. All text comes from the node, scrubbed and cut to size. */
export type RunFacts =
  | { readonly reached: false; readonly reason: string }
  | {
      readonly reached: true;
      /**
       * `absent`: nothing of it on the node. `prepared`: its files, but nobody runs it yet. `interrupted`: its process is
       * gone and it has not ended, by a reboot or a kill.
       */
      readonly state: "absent" | "prepared" | "running" | "ended" | "interrupted";
      /** Of ansible-playbook, once it has ended. */
      readonly exitCode: number | null;
      readonly recap: { readonly changed: number; readonly unreachable: number; readonly failed: number } | null;
      /** The task it is at, or ended at. */
      readonly task: string | null;
      /** What the playbook says of a long task, e.g. `640 MB stored`. */
      readonly progress: string | null;
      /** The end of its output: lines. */
      readonly tail: readonly string[];
      /** What it found out, once it has ended. Parsed by the plan. */
      readonly result: unknown;
      /** What it asks for while it runs, and has not been given. Parsed by the plan. */
      readonly need: unknown;
    };

/** An object in the bucket; null when there is none. */
export interface ObjectFacts {
  readonly sizeBytes: number;
}

/** An answer of the bucket, or in our words why there is none. */
export type Stored<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly complaint: string };

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
  /** Where WordPress is to come from. */
  readonly wordpress?: true;
  /** A run on the node, by its id. */
  readonly run?: string;
  /** Size of an object in the bucket, by its key. */
  readonly object?: string;
  /** A pre-signed address to read an object from. */
  readonly readAddress?: string;
  /** Pre-signed addresses for `count` parts of an upload, the first of which has the number `from`. */
  readonly partAddresses?: {
    readonly key: string;
    readonly uploadId: string;
    readonly from: number;
    readonly count: number;
  };
}

/** What a site's job is about. */
export interface Subject {
  readonly site: SiteRecord;
  readonly environment: EnvironmentRecord;
  /** The other environments of the site. */
  readonly others: readonly EnvironmentRecord[];
  /** The backup that this job makes. */
  readonly made: BackupRecord | null;
  /** The backup that this job restores or tries out. */
  readonly restored: BackupRecord | null;
}

export interface State {
  readonly nowMs: number;
  readonly job: JobRecord;
  readonly node: NodeRecord;
  /** Set for a site's job, absent for a node's. */
  readonly subject?: Subject;
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
  readonly wordpress?: WordpressSource;
  readonly run?: RunFacts;
  readonly object?: Stored<ObjectFacts | null>;
  readonly readAddress?: string;
  readonly partAddresses?: readonly string[];
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
  | { readonly kind: "install_host_key"; readonly publicKey: string }
  | RunWrite
  | UploadWrite;

/** On the node, over SSH. Each may be repeated: a run that is there is not started again. */
export type RunWrite =
  | { readonly kind: "start_run"; readonly order: RunOrder }
  /** An answer to what a run asked for, numbered by the part it begins with (from 1): the same question has one answer. */
  | { readonly kind: "give_run"; readonly runId: string; readonly count: number; readonly answer: unknown }
  | { readonly kind: "stop_run"; readonly runId: string };

/** In the bucket. What a lost answer leaves open there is aborted by the bucket's lifecycle rule after a day. */
export type UploadWrite =
  | { readonly kind: "open_upload"; readonly key: string }
  | {
      readonly kind: "complete_upload";
      readonly key: string;
      readonly uploadId: string;
      readonly parts: readonly { readonly number: number; readonly etag: string }[];
    }
  | { readonly kind: "abort_upload"; readonly key: string; readonly uploadId: string };

export type Written =
  | { readonly kind: "register_key"; readonly keyId: number }
  | { readonly kind: "create_server"; readonly serverId: number; readonly actionIds: readonly number[] }
  | { readonly kind: "power_on"; readonly actionId: number }
  /** Accepted, or there was nothing to delete: the next look tells. */
  | { readonly kind: "delete_server" }
  /** What went wrong, in our words, or null; either way the next look tells. */
  | { readonly kind: "change_host_key"; readonly complaint: string | null }
  /** A run was started, given something or stopped, or in our words why not; the next look tells. */
  | { readonly kind: "change_run"; readonly complaint: string | null }
  | { readonly kind: "open_upload"; readonly upload: Stored<string> }
  /** Completed or aborted, or in our words why not. */
  | { readonly kind: "close_upload"; readonly complaint: string | null };

export type WriteOutcome = Read<Written>;

export interface Move {
  readonly job: JobRecord;
  readonly node: NodeRecord;
  readonly subject?: Subject;
  /** The site is gone for good. */
  readonly removed?: "site";
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
