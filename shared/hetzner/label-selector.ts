import { refuseLocally } from "./errors.ts";

/** https://docs.hetzner.cloud/#labels: at most 63, alphanumeric at both ends, `-_.` between. */
const name = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const prefix = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

/**
 * Builds a label selector; all parts must hold.
 *
 * @param parts `{ app: "web" }` is `app=web`, `{ tier: ["a", "b"] }` is `tier in (a,b)`, `{ tested: true }` is `tested`
 * @throws HetznerError `invalid_request` for a key or value that a label cannot have, and for no parts at all: an empty
 *   selector would select everything
 */
export function labelSelector(parts: Record<string, string | readonly string[] | true>): string {
  const entries = Object.entries(parts);
  if (entries.length === 0) throw refuse("it has no parts");
  return entries.map(([key, want]) => part(key, want)).join(",");
}

function part(key: string, want: string | readonly string[] | true): string {
  if (!isKey(key)) throw refuse(`${JSON.stringify(key)} is not a label key`);
  if (want === true) return key;
  const values = typeof want === "string" ? [want] : want;
  if (values.length === 0) throw refuse(`${key} has no values`);
  const wrong = values.find((value) => value !== "" && !name.test(value));
  if (wrong !== undefined) throw refuse(`${JSON.stringify(wrong)} is not a label value`);
  return typeof want === "string" ? `${key}=${want}` : `${key} in (${values.join(",")})`;
}

function isKey(key: string): boolean {
  const parts = key.split("/");
  const last = parts.pop() ?? "";
  const [domain] = parts;
  if (parts.length > 1 || !name.test(last)) return false;
  return domain === undefined || (domain.length <= 253 && prefix.test(domain));
}

function refuse(text: string) {
  return refuseLocally("labelSelector", text);
}
