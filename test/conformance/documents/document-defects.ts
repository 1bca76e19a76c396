/** A schema in the document, and where it stands. */
export interface Place {
  /** `GET /servers/{id}`. */
  readonly operation: string;
  readonly part: "query" | "request" | "response";
  /** Of the property that the schema is for; empty at the root, `*` in lists. */
  readonly name: string;
  readonly node: Node;
}

export type Node = Readonly<Record<string, unknown>>;

/** A place where Hetzner's published documents are not what the API takes or answers, and why. */
export interface Defect {
  readonly reason: string;
  readonly at: (place: Place) => boolean;
  readonly mend: (node: Node) => Node;
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const objectOf = (value: unknown): Record<string, unknown> => ({ ...Object(value) });
const requires = (node: Node, name: string): boolean => listOf(node.required).includes(name);
const withProperties = (node: Node, more: Node): Node => ({
  ...node,
  properties: { ...objectOf(node.properties), ...more },
});
const isList = (node: Node, name: string): boolean => name in objectOf(node.properties);
const pageParameters = {
  page: { type: "integer" },
  per_page: { type: "integer" },
  sort: { type: "array", items: { type: "string" } },
};
const idOrName = { type: ["string", "integer"] };

/** Every known defect, mended before anything is checked. */
export const documentDefects: readonly Defect[] = [
  {
    reason: "`datacenter` was removed from servers and primary IPs on 2026-07-01; the documents still require it.",
    at: ({ node }) => requires(node, "datacenter"),
    mend: (node) => ({ ...node, required: listOf(node.required).filter((name) => name !== "datacenter") }),
  },
  {
    reason:
      "Unassigned primary IPs have assignee_type `unassigned` since 2026-08-01; the documents know only `server`.",
    at: ({ name, node }) => name === "assignee_type" && !listOf(node.enum).includes("unassigned"),
    mend: (node) => ({ ...node, enum: [...listOf(node.enum), "unassigned"] }),
  },
  {
    reason:
      "The text of `server_type` and `image` says id or name, the type says string; hcloud-go sends ids as numbers.",
    at: ({ operation, part, name }) =>
      operation === "POST /servers" && part === "request" && ["server_type", "image"].includes(name),
    mend: (node) => ({ ...node, ...idOrName }),
  },
  {
    reason: "The text of `ssh_keys` says ids (integer) or names, the type says strings; hcloud-go sends ids.",
    at: ({ operation, part, name }) => operation === "POST /servers" && part === "request" && name === "ssh_keys",
    mend: (node) => ({ ...node, items: idOrName }),
  },
  {
    reason:
      "GET /actions is paged as every list is, and hcloud-go asks with `page` and `sort`; the documents know `id` alone.",
    at: ({ operation, part, name }) => operation === "GET /actions" && part === "query" && name === "",
    mend: (node) => withProperties(node, pageParameters),
  },
  {
    reason: "GET /actions is paged as every list is, and hcloud-go follows its pages; the documents leave out `meta`.",
    at: ({ operation, part, name }) => operation === "GET /actions" && part === "response" && name === "",
    mend: (node) => (isList(node, "actions") ? withProperties(node, { meta: { type: "object" } }) : node),
  },
  {
    reason:
      "An address that is made for nobody starts no action: hcloud-go takes null there, the documents want an object.",
    at: ({ operation, part, name }) => operation === "POST /primary_ips" && part === "response" && name === "action",
    mend: (node) => ({ ...node, nullable: true }),
  },
];
