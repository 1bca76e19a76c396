/** The list of nodes: what it answers, what needs the reader, and which rows are shown. Pure: the screen only draws it. */
import type { Metrics, Node } from "../../contracts/models.ts";
import { countWord, euroWord, inSentence } from "./amounts.ts";
import { oneOf, type Query, wordOf } from "./lists.ts";
import { groupOf, type Look, nodeLook, readinessWords, reasonWords } from "./looks.ts";

export const groups = ["all", "ready", "working", "needs you"] as const;
export type Group = (typeof groups)[number];

/** A node with what is shown and searched of it. */
export interface Entry {
  readonly node: Node;
  readonly look: Look;
  readonly group: ReturnType<typeof groupOf>;
  readonly text: string;
  readonly sites: number;
}

export const entryOf = (node: Node, sites = 0): Entry => {
  const look = nodeLook(node);
  const text = [node.name, node.public_ip, node.ipv6, node.server_type, node.location, look.word].join(" ");
  return { node, look, group: groupOf(look), text: text.toLowerCase(), sites };
};

export const countGroups = (entries: readonly Entry[]): Readonly<Record<Group, number>> => {
  const count = (group: Group) => entries.filter((entry) => entry.group === group).length;
  return { all: entries.length, ready: count("ready"), working: count("working"), "needs you": count("needs you") };
};

export const sumOf = (nodes: readonly Node[]): number =>
  nodes.reduce((cents, { monthly_cost }) => cents + Math.round((monthly_cost ?? 0) * 100), 0) / 100;

const isStillBilled = ({ server_state }: Node): boolean => server_state === "still_billing";

interface Figures {
  readonly total: number;
  readonly ready: number;
  readonly cost: number;
  readonly stillBilled: number;
}

const sentence = ({ total, ready, cost, stillBilled }: Figures): string =>
  [
    countWord(total, "node"),
    `${ready} ready`,
    `${euroWord(cost)} per month`,
    ...(stillBilled === 0
      ? []
      : [`${stillBilled} still billed although ${stillBilled === 1 ? "it" : "they"} should be gone`]),
  ].join(" · ");

/**
 * "5 nodes · 2 ready · €32.80 per month". Of the rows, once all are there; before that, of the API's own figures; without
 * those it says that it is not all of them.
 */
export const answerOf = (entries: readonly Entry[], isWhole: boolean, metrics: Metrics | undefined): string => {
  if (!isWhole && metrics !== undefined) {
    const { nodes_total: total, nodes_not_ready, servers_still_billing: stillBilled } = metrics;
    return sentence({ total, ready: total - nodes_not_ready, cost: metrics.monthly_cost_total, stillBilled });
  }
  const nodes = entries.map(({ node }) => node);
  const { all: total, ready } = countGroups(entries);
  const said = sentence({ total, ready, cost: sumOf(nodes), stillBilled: nodes.filter(isStillBilled).length });
  return isWhole ? said : `${said}, of the newest ${total}`;
};

export const columns = ["name", "location", "type", "sites", "cost", "age"] as const;
export type Column = (typeof columns)[number];

export interface Wish {
  readonly group: Group;
  readonly text: string;
  readonly by: Column;
  /** Turned round: the dearest first, the oldest first. */
  readonly isDown: boolean;
}

/** Of an address's query. */
export const wishOf = (query: Query): Wish => ({
  group: oneOf(groups, wordOf(query, "group"), "all"),
  text: wordOf(query, "text") ?? "",
  by: oneOf(columns, wordOf(query, "by"), "name"),
  isDown: wordOf(query, "order") === "down",
});

/** Back into a query: what is as always is left out. */
export const queryOf = ({ group, text, by, isDown }: Wish): Record<string, string | null> => ({
  group: group === "all" ? null : group,
  text: text === "" ? null : text,
  by: by === "name" ? null : by,
  order: isDown ? "down" : null,
});

/** Another column begins where it says most: words from A, numbers with the greatest. The same one turns round. */
export const sortedBy = (wish: Wish, by: Column): Wish => ({
  ...wish,
  by,
  isDown: wish.by === by ? !wish.isDown : by === "sites" || by === "cost",
});

const { compare } = new Intl.Collator("en", { numeric: true });
type Order = (one: Entry, other: Entry) => number;

/** An age is the other way round than a date: what is young is little. */
const orders: Readonly<Record<Column, Order>> = {
  name: (one, other) => compare(one.node.name, other.node.name),
  location: (one, other) => compare(one.node.location, other.node.location),
  type: (one, other) => compare(one.node.server_type, other.node.server_type),
  sites: (one, other) => one.sites - other.sites,
  cost: (one, other) => (one.node.monthly_cost ?? 0) - (other.node.monthly_cost ?? 0),
  age: (one, other) => Date.parse(other.node.created_at) - Date.parse(one.node.created_at),
};

/** Rows that are equal in the column that is wished for are in the order of their names. */
export const choose = (entries: readonly Entry[], { group, text, by, isDown }: Wish): Entry[] => {
  const words = text.trim().toLowerCase().split(/\s+/);
  const turn = isDown ? -1 : 1;
  return entries
    .filter((entry) => group === "all" || entry.group === group)
    .filter((entry) => words.every((word) => entry.text.includes(word)))
    .sort((one, other) => turn * orders[by](one, other) || orders.name(one, other));
};

/** The reasons that others follow from, the weightiest first: a node that does not answer is not active because of that. */
const mainReasons = ["node_deletion_pending", "node_unreachable"] as const;

const mainReason = ({ readiness: { reason_codes, guidance } }: Node) => {
  const main = mainReasons.find((reason) => reason_codes.includes(reason));
  const at = main === undefined ? 0 : reason_codes.indexOf(main);
  return { reason: reason_codes[at], guidance: guidance[at] };
};

/** Under a state that is not well: why, and what the API says to do. Null: all is well, or the job tells. */
export const whyOf = ({ node, group }: Pick<Entry, "node" | "group">): string | null => {
  if (group !== "needs you") return null;
  if (node.server_state === "unknown")
    return "Nobody knows whether Hetzner made the server. It is looked for during 24 hours.";
  const { reason, guidance } = mainReason(node);
  // The API says here what stops the deletion, and what to do.
  if (reason === "node_deletion_pending" && guidance !== undefined) return guidance;
  return [reason && `${readinessWords[reason]}.`, guidance].filter(Boolean).join(" ") || null;
};

/** Something that needs the reader: one thing, whichever nodes it is about. */
export interface Need {
  readonly tone: "warn" | "bad";
  readonly title: string;
  readonly guidance: string | null;
  readonly nodes: readonly Node[];
}

const titleOf = (nodes: readonly Node[]): string => {
  const [first] = nodes;
  if (first === undefined) return "";
  const many = countWord(nodes.length, "node");
  if (isStillBilled(first)) {
    const is = nodes.length === 1 ? "server is still billed although it" : "servers are still billed although they";
    return `${nodes.length} ${is} should be gone: ${euroWord(sumOf(nodes))} per month.`;
  }
  if (first.server_state === "unknown") return `${many}: it is not known whether there is a server.`;
  const { reason } = mainReason(first);
  return `${many}: ${reason ? inSentence(readinessWords[reason]) : "not ready"}.`;
};

const needKey = ({ node }: Entry): string =>
  isStillBilled(node)
    ? `0 ${node.deletion_blocked_reason}`
    : node.server_state === "unknown"
      ? "1"
      : `2 ${mainReason(node).reason}`;

/** What needs the reader, money first: the nodes with the same trouble are told of once. */
export const needsOf = (entries: readonly Entry[]): Need[] => {
  const troubled = entries.filter(({ group }) => group === "needs you");
  const byTrouble = Map.groupBy(troubled, needKey);
  return [...byTrouble.keys()].sort().map((key) => {
    const found = byTrouble.get(key) ?? [];
    const nodes = found.map(({ node }) => node);
    const [first] = found;
    const isMoney = key.startsWith("0");
    const guidance =
      first === undefined || key === "1" || isMoney ? first && whyOf(first) : mainReason(first.node).guidance;
    return { tone: isMoney ? "bad" : "warn", title: titleOf(nodes), guidance: guidance ?? null, nodes };
  });
};

/** How many sites are on each node. */
export const sitesByNode = (sites: readonly { readonly node_id: string }[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const { node_id } of sites) counts.set(node_id, (counts.get(node_id) ?? 0) + 1);
  return counts;
};

/** What is deleted with a node, or why it cannot be deleted now. */
export type Deletion =
  | { readonly isPossible: true; readonly action: string; readonly loses: readonly string[] }
  | { readonly isPossible: false; readonly why: string };

/** Neither is there a server, nor may there be one. */
const isOver = (node: Node): boolean =>
  node.server_state === "gone" ||
  (node.status === "decommissioned" && !isStillBilled(node) && node.server_state !== "unknown");

/** It is over with this node: there is no server, and none will come. */
export const isRetired = ({ status, server_state }: Node): boolean =>
  status === "decommissioned" && (server_state === "none" || server_state === "gone");

/** Does it say itself why it takes no sites? What should be gone says that instead, and of what a job makes the job tells. */
export const isUnready = (node: Node, isBusy: boolean): boolean =>
  node.status !== "decommissioned" && !isStillBilled(node) && !isBusy && !node.readiness.is_ready;

/** As the API refuses it. */
const lookedFor =
  "It is not known yet whether Hetzner made a server for this node. Pressluft looks for it for 24 hours and removes it by itself.";

/** `sites`: how many are on it. `isBusy`: a job works on it. Null: there is nothing to delete any more. */
export const deletionOf = (node: Node, sites: number, isBusy: boolean): Deletion | null => {
  if (isOver(node)) return null;
  if (isBusy) return { isPossible: false, why: "A job works on this node. It can be deleted when that job has ended." };
  if (sites > 0) {
    const are = sites === 1 ? "A site is" : `${sites} sites are`;
    return { isPossible: false, why: `${are} on this node. Delete ${sites === 1 ? "it" : "them"} first.` };
  }
  if (node.server_state === "unknown") return { isPossible: false, why: lookedFor };
  const server = node.public_ip === null ? "The server" : `The server with its address ${node.public_ip}`;
  const saved = node.monthly_cost === null ? "" : `: ${euroWord(node.monthly_cost)} per month less`;
  const loses = [
    `${server} and everything on its disk are gone. This cannot be undone.`,
    `Hetzner stops billing it${saved}. Its name is free again.`,
  ];
  return { isPossible: true, action: isStillBilled(node) ? "Try the deletion again" : "Delete node", loses };
};

const serverWords: Readonly<Record<Node["server_state"], string>> = {
  none: "there never was one; nothing is billed",
  creating: "ordered, and billed",
  present: "there, and billed",
  deleting: "being deleted, and billed until it is gone",
  gone: "gone; nothing is billed",
  still_billing: "should be gone, and is still billed",
  unknown: "not known; it may be billed",
};

/** Whether there is a server, and whether it costs. */
export const serverWord = ({ status, server_state }: Pick<Node, "status" | "server_state">): string =>
  status === "provisioning" && server_state === "none"
    ? "not ordered yet; nothing is billed"
    : serverWords[server_state];

type Priced = Pick<Node, "server_state" | "monthly_cost">;

/** "€4.50", or "nothing" where there is no server. */
export const priceWord = ({ server_state, monthly_cost }: Priced): string =>
  server_state === "none" || server_state === "gone" ? "nothing" : euroWord(monthly_cost);

/** "€4.50 per month", or "nothing". */
export const costWord = (node: Priced): string =>
  node.monthly_cost === null ? priceWord(node) : `${priceWord(node)} per month`;

/** Why a server that should be gone is not, and what to do. Null: it is not that. */
export interface Owed {
  readonly title: string;
  readonly cost: string;
  readonly guidance: readonly string[];
}

/** The guidance is the API's, of the reason that it gives for not being ready. */
export const owedOf = (node: Node): Owed | null => {
  if (!isStillBilled(node)) return null;
  const { deletion_blocked_reason: reason, readiness } = node;
  const at = readiness.reason_codes.indexOf("node_deletion_pending");
  return {
    title: `This server should be gone and is not${reason === null ? "" : `: ${inSentence(reasonWords[reason])}`}.`,
    cost: `What it costs: ${costWord(node)}. Pressluft tries again every hour; you may ask again at once.`,
    guidance: at < 0 ? [] : readiness.guidance.slice(at, at + 1),
  };
};
