/** A client's Idempotency-Key: the first answer that it got, kept for a day and written together with what was answered. */
import { keys } from "./keys.ts";
import type { Table, Write } from "./table.ts";

/** `scope` names who asked for which operation with which key. */
export interface Idempotency {
  scope: string;
  bodyHash: string;
  expiresAtMs: number;
}

export type Replay = { kind: "replayed"; jobId: string } | { kind: "mismatch" };

/** Refused while the key is in use. */
export const idempotencyWrite = (idempotency: Idempotency, jobId: string, nowMs: number): Write => ({
  put: {
    ...keys.idempotency(idempotency.scope),
    bodyHash: idempotency.bodyHash,
    jobId,
    expiresAtMs: idempotency.expiresAtMs,
    expires_at_s: Math.ceil(idempotency.expiresAtMs / 1000),
  },
  when: [{ anyOf: [{ exists: false }, { attribute: "expiresAtMs", is: "<=", value: nowMs }] }],
});

/** The answer that an Idempotency-Key got before, if any: asked first, so that a replay is told even what no longer holds. */
export const findReplay = async (table: Table, idempotency: Idempotency, nowMs: number): Promise<Replay | null> => {
  const item = await table.get(keys.idempotency(idempotency.scope));
  if (item === undefined || typeof item.expiresAtMs !== "number" || item.expiresAtMs <= nowMs) return null;
  const { bodyHash, jobId } = item;
  const isSame = bodyHash === idempotency.bodyHash && typeof jobId === "string";
  return isSame ? { kind: "replayed", jobId } : { kind: "mismatch" };
};
