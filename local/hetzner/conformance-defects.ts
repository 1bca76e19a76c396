/** A place where the published document of June 2026 is not what the API answers, and why. */
export interface Defect {
  readonly reason: string;
  /** Whether a schema node, reached by its property name (empty at the root), has the defect. */
  readonly at: (name: string, node: Readonly<Record<string, unknown>>) => boolean;
  readonly mend: (node: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
}

const without = (value: unknown, item: string): unknown[] =>
  Array.isArray(value) ? value.filter((candidate) => candidate !== item) : [];

/** Every known defect, mended before anything is checked against the document. */
export const documentDefects: readonly Defect[] = [
  {
    reason: "`datacenter` was removed from servers and primary IPs on 2026-07-01; the document still requires it.",
    at: (_name, node) =>
      without(node.required, "datacenter").length !== (Array.isArray(node.required) ? node.required.length : 0),
    mend: (node) => ({ ...node, required: without(node.required, "datacenter") }),
  },
  {
    reason:
      "Unassigned primary IPs have assignee_type `unassigned` since 2026-08-01; the document knows only `server`.",
    at: (name, node) => name === "assignee_type" && Array.isArray(node.enum) && !node.enum.includes("unassigned"),
    mend: (node) => ({ ...node, enum: [...(Array.isArray(node.enum) ? node.enum : []), "unassigned"] }),
  },
  {
    reason: "OpenAPI 3.0 writes null as `nullable`; enums marked so do not list it, and JSON schema would refuse it.",
    at: (_name, node) => node.nullable === true && Array.isArray(node.enum) && !node.enum.includes(null),
    mend: (node) => ({ ...node, enum: [...(Array.isArray(node.enum) ? node.enum : []), null] }),
  },
];
