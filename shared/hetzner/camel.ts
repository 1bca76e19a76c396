/** Deeper than any answer of the API; what lies below is left alone, so that hostile nesting cannot exhaust the stack. */
const DEPTH_MAX = 32;

/**
 * The wire's `snake_case` keys as `camelCase`, at every level. The keys inside `labels` belong to the user and stay as
 * they are.
 */
export function camelKeys(value: unknown, depth = 0): unknown {
  if (depth > DEPTH_MAX || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => camelKeys(each, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [camelCase(key), key === "labels" ? each : camelKeys(each, depth + 1)]),
  );
}

function camelCase(key: string): string {
  return key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
