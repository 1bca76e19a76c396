/** Labels of a resource. */
export type Labels = Readonly<Record<string, string>>;

type Requirement =
  | { readonly kind: "present" | "absent"; readonly key: string }
  | { readonly kind: "in" | "notin"; readonly key: string; readonly values: readonly string[] };

/** A parsed label selector: every requirement must hold. */
export type Selector = readonly Requirement[];

const namePattern = /^[a-z0-9A-Z]([a-z0-9A-Z\-_.]{0,61}[a-z0-9A-Z])?$/;
const prefixPattern = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** Whether a text may be a label key: `[prefix/]name`, the prefix a DNS subdomain of at most 253 characters. */
export function isLabelKey(key: string): boolean {
  const slash = key.indexOf("/");
  if (slash === -1) return namePattern.test(key);
  const prefix = key.slice(0, slash);
  return prefix.length <= 253 && prefixPattern.test(prefix) && namePattern.test(key.slice(slash + 1));
}

/** Whether a text may be a label value: empty, or like a name. */
export function isLabelValue(value: string): boolean {
  return value === "" || namePattern.test(value);
}

/** Why labels may not be stored, or null. The `hetzner.cloud/` prefix is the provider's own. */
export function labelsFault(labels: Labels): string | null {
  for (const [key, value] of Object.entries(labels)) {
    if (!isLabelKey(key)) return `label key '${key}' is not correctly formatted`;
    if (key.startsWith("hetzner.cloud/")) return `label key '${key}' uses a reserved prefix`;
    if (!isLabelValue(value)) return `label value of '${key}' is not correctly formatted`;
  }
  return null;
}

/** Splits at commas outside parentheses. */
function splitRequirements(text: string): string[] {
  return text.split(/,(?![^(]*\))/).map((part) => part.trim());
}

function parseRequirement(text: string): Requirement | null {
  const set = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(text);
  if (set !== null) {
    const [, key = "", word, list = ""] = set;
    const values = list.split(",").map((value) => value.trim());
    return { kind: word === "in" ? "in" : "notin", key, values };
  }
  const comparison = /^([^=!\s]+)\s*(==|=|!=)\s*(\S*)$/.exec(text);
  if (comparison !== null) {
    const [, key = "", operator, value = ""] = comparison;
    return { kind: operator === "!=" ? "notin" : "in", key, values: [value] };
  }
  if (text.startsWith("!")) return { kind: "absent", key: text.slice(1).trim() };
  return { kind: "present", key: text };
}

/** Reads `k=v`, `k==v`, `k!=v`, `k`, `!k`, `k in (a,b)`, `k notin (a,b)`, joined by commas; null when it is none. */
export function parseSelector(text: string): Selector | null {
  const requirements: Requirement[] = [];
  for (const part of splitRequirements(text)) {
    const requirement = parseRequirement(part);
    if (requirement === null || !isLabelKey(requirement.key)) return null;
    if ("values" in requirement && !requirement.values.every(isLabelValue)) return null;
    requirements.push(requirement);
  }
  return requirements;
}

function holds(requirement: Requirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
  switch (requirement.kind) {
    case "present":
      return value !== undefined;
    case "absent":
      return value === undefined;
    case "in":
      return value !== undefined && requirement.values.includes(value);
    case "notin":
      return value === undefined || !requirement.values.includes(value);
  }
}

/** Whether labels satisfy a selector. A key that is not there satisfies `k!=v` and `k notin (..)`. */
export function matchesSelector(selector: Selector, labels: Labels): boolean {
  return selector.every((requirement) => holds(requirement, labels));
}
