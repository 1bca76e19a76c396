/**
 * The step that replaces the host key from user_data, which the provider and the server's metadata service can read, by one that never left the
 * server. Four looks, each decided by what it finds and by nothing that was done before: make the new key beside the old; record it as also
 * accepted; install it and make sshd load it; see it answer and accept nothing else. No key is installed before it is recorded and none is
 * dropped before its successor has answered, so between any two of these, and in the middle of each, the worker may stop or the server restart.
 */
import { nodeFailure } from "../failure.ts";
import { onHost } from "./host-steps.ts";
import { moveOn, noteStep, pollWaitMs, SECOND_MS, sinceStepMs, stepIsOverdue, withNode, withWork } from "./moves.ts";
import type { HostKeyFacts, Move, State } from "./plan.ts";
import type { Step } from "./step.ts";

export interface RotationFacts {
  /** Public halves that stood in user_data. */
  readonly given: readonly string[];
  /** What is accepted from this server now. */
  readonly accepted: readonly string[];
  readonly seen: HostKeyFacts;
}

/** Where a rotation stands. `key` is the new one. */
export type Rotation =
  | { readonly kind: "old_only" }
  /** There is a new key on the server that is not accepted yet. */
  | { readonly kind: "made"; readonly key: string }
  | { readonly kind: "recorded"; readonly key: string }
  /** It is in the file that sshd loads, but not what sshd answers with. */
  | { readonly kind: "installed"; readonly key: string }
  | { readonly kind: "answering"; readonly key: string }
  | { readonly kind: "rotated" };

/** A key line without its comment. */
const bare = (line: string): string => line.split(" ").slice(0, 2).join(" ");

/** Total: whatever the server shows, there is a next thing to do, and none of them takes away the key it answers with. */
export const rotationOf = ({ given, accepted, seen }: RotationFacts): Rotation => {
  const isNew = (key: string | null): key is string => key !== null && !given.map(bare).includes(key);
  const isRecorded = (key: string): boolean => accepted.map(bare).includes(key);
  const { answered, installed, beside } = seen;
  if (isNew(answered) && installed === answered) {
    return accepted.length > 1 ? { kind: "answering", key: answered } : { kind: "rotated" };
  }
  if (isNew(installed)) return { kind: isRecorded(installed) ? "installed" : "made", key: installed };
  if (isNew(beside)) return { kind: isRecorded(beside) ? "recorded" : "made", key: beside };
  return { kind: "old_only" };
};

/** What may answer next, once `key` is on its way: sshd's own, the file's after a restart, and the new one. */
const acceptedWith = (key: string, { accepted, seen }: RotationFacts): string[] => {
  const { answered, installed } = seen;
  const isFile = (line: string): boolean => line === installed;
  return [...new Set([answered, ...accepted.map(bare).filter(isFile), key])];
};

const notRotated = (why: string) => nodeFailure("host_key_not_rotated", why);

export const rotateHostKey: Step = onHost((facts, host) => {
  if (!host.sudo) {
    return { kind: "failed", state: facts, failure: nodeFailure("no_root", "Neither root nor sudo works over SSH") };
  }
  const { lastFailure, create } = facts.job.work;
  const found = { given: create?.hostKeys ?? [], accepted: facts.node.hostKeys, seen: host.hostKeys };
  const rotation = rotationOf(found);
  if (rotation.kind === "answering" || rotation.kind === "rotated") {
    const state = withNode(facts, { hostKeys: [found.seen.answered] });
    return { kind: "done", state, detail: "The server has a host key of its own; no other is accepted" };
  }
  const overdue = lastFailure?.reason === "host_key_not_rotated" ? lastFailure : notRotated(standsAt[rotation.kind]);
  if (stepIsOverdue(facts)) return { kind: "attempt_failed", state: facts, failure: overdue };
  const state = noteStep(facts, standsAt[rotation.kind]);
  if (rotation.kind === "made") {
    const recorded = withNode(state, { hostKeys: acceptedWith(rotation.key, found) });
    return { kind: "wait", state: recorded, waitMs: nextLookMs(facts), overdue };
  }
  const write =
    rotation.kind === "old_only"
      ? ({ kind: "make_host_key" } as const)
      : ({ kind: "install_host_key", publicKey: rotation.key } as const);
  return { kind: "write", state, write, waitMs: 0 };
});

/** sshd closes its port and opens it again when it is told to load its keys: measured, well under a second. */
const RELOAD_MS = SECOND_MS;

/** A healthy server is through in seconds; one that goes round in circles is looked at as calmly as any that is late. */
const nextLookMs = (state: State): number => (sinceStepMs(state) < 10 * SECOND_MS ? 0 : pollWaitMs(sinceStepMs(state)));

const standsAt = {
  old_only: "The server has no new host key yet",
  made: "The server has a new host key that is not in use yet",
  recorded: "The new host key is not installed yet",
  installed: "The new host key is installed, but the server does not answer with it yet",
} as const;

/** A change may have failed and yet be done, or the other way round: the next look decides. What it complained of is kept for the deadline. */
export const absorbHostKeyChange = (state: State, complaint: string | null): Move => {
  if (complaint === null) return moveOn(withWork(state, { lastFailure: null }), Math.max(RELOAD_MS, nextLookMs(state)));
  const failed = withWork(state, { lastFailure: notRotated(complaint) });
  return moveOn(noteStep(failed, `${complaint}; trying again`), pollWaitMs(sinceStepMs(state)));
};
