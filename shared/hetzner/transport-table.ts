import type { Effect, HetznerErrorClass } from "./errors.ts";

/** What a failure below HTTP means. Codes are Node's and undici's, and three of ours: DEADLINE, REDIRECT, BODY_TOO_LARGE. */
export interface TransportRow {
  readonly code: string;
  readonly class: HetznerErrorClass;
  readonly retryable: boolean;
  readonly effect: Effect;
  readonly reason: string;
}

type Verdict = Omit<TransportRow, "code" | "reason">;

const notConnected: Verdict = { class: "unavailable", retryable: true, effect: "none" };
const broken: Verdict = { class: "unavailable", retryable: true, effect: "unknown" };
const late: Verdict = { class: "timeout", retryable: true, effect: "unknown" };
const untrusted: Verdict = { class: "unavailable", retryable: false, effect: "none" };
const strange: Verdict = { class: "unexpected_response", retryable: true, effect: "unknown" };

const certificate =
  "The certificate was refused, so nothing was sent. Look for a proxy in between and at this machine's clock.";

export const transportTable: readonly TransportRow[] = [
  { code: "DEADLINE", ...late, reason: "No answer within the client's own time limit." },
  { code: "UND_ERR_HEADERS_TIMEOUT", ...late, reason: "No answer within the platform's time limit." },
  { code: "UND_ERR_BODY_TIMEOUT", ...late, reason: "The answer stopped half-way." },
  { code: "ETIMEDOUT", ...late, reason: "The connection died silently." },
  {
    code: "UND_ERR_CONNECT_TIMEOUT",
    class: "timeout",
    retryable: true,
    effect: "none",
    reason: "No connection within the platform's time limit, so nothing was sent.",
  },
  { code: "ECONNREFUSED", ...notConnected, reason: "Nothing listens there." },
  { code: "ENOTFOUND", ...notConnected, reason: "The name does not resolve." },
  { code: "EAI_AGAIN", ...notConnected, reason: "The name server did not answer." },
  { code: "ECONNRESET", ...broken, reason: "The connection was cut; the request may have arrived." },
  { code: "EPIPE", ...broken, reason: "The connection was cut while sending." },
  { code: "UND_ERR_SOCKET", ...broken, reason: "The connection was closed before the answer was complete." },
  { code: "CERT_HAS_EXPIRED", ...untrusted, reason: certificate },
  { code: "CERT_NOT_YET_VALID", ...untrusted, reason: certificate },
  { code: "CERT_UNTRUSTED", ...untrusted, reason: certificate },
  { code: "DEPTH_ZERO_SELF_SIGNED_CERT", ...untrusted, reason: certificate },
  { code: "SELF_SIGNED_CERT_IN_CHAIN", ...untrusted, reason: certificate },
  { code: "UNABLE_TO_GET_ISSUER_CERT", ...untrusted, reason: certificate },
  { code: "UNABLE_TO_GET_ISSUER_CERT_LOCALLY", ...untrusted, reason: certificate },
  { code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE", ...untrusted, reason: certificate },
  { code: "ERR_TLS_CERT_ALTNAME_INVALID", ...untrusted, reason: certificate },
  {
    code: "REDIRECT",
    ...strange,
    reason: "Redirects are refused: one would carry the token elsewhere or turn a POST into a GET.",
  },
  { code: "BODY_TOO_LARGE", ...strange, reason: "The answer is larger than any that the API gives." },
];

/** Anything else below HTTP: nothing is known, so the cautious half of both answers. */
export const unknownTransportRow: Omit<TransportRow, "code"> = {
  ...broken,
  reason: "The connection failed in an unknown way.",
};

const ofPrefix: readonly TransportRow[] = [
  { code: "ERR_SSL_", ...untrusted, reason: "The TLS handshake failed, so nothing was sent." },
  { code: "HPE_", ...strange, reason: "What answered does not speak HTTP." },
];

export function transportRow(code: string | null): Omit<TransportRow, "code"> {
  if (code === null) return unknownTransportRow;
  return (
    transportTable.find((row) => row.code === code) ??
    ofPrefix.find((row) => code.startsWith(row.code)) ??
    unknownTransportRow
  );
}
