/** The list of nodes: what it answers, and which rows are shown. Pure: the screen only draws it. */
import type { Node } from "../../contracts/models.ts";
import { countWord, euroWord } from "./amounts.ts";
import { groupOf, nodeLook, readinessWords, reasonWords } from "./looks.ts";

export const groups = ["all", "ready", "working", "needs you"] as const;
export type Group = (typeof groups)[number];

const groupOfNode = (node: Node) => groupOf(nodeLook(node));

export const countGroups = (nodes: readonly Node[]): Readonly<Record<Group, number>> => {
  const count = (group: Group) => nodes.filter((node) => groupOfNode(node) === group).length;
  return { all: nodes.length, ready: count("ready"), working: count("working"), "needs you": count("needs you") };
};

export const sumOf = (nodes: readonly Node[]): number =>
  nodes.reduce((sum, { monthly_cost }) => sum + (monthly_cost ?? 0), 0);

/** "5 nodes · 2 ready · €32.80 per month"; says so when it is not all of them. */
export const answerOf = (nodes: readonly Node[], isWhole: boolean): string => {
  const { all, ready } = countGroups(nodes);
  const said = [countWord(all, "node"), `${ready} ready`, `${euroWord(sumOf(nodes))} per month`].join(" · ");
  return isWhole ? said : `${said}, of the newest ${all}`;
};

export interface Wish {
  readonly group: Group;
  readonly text: string;
  readonly by: "name" | "monthly_cost" | "created_at";
}

const textOf = (node: Node): string =>
  [node.name, node.public_ip, node.server_type, node.location].join(" ").toLowerCase();

type Order = (one: Node, other: Node) => number;

const orders: Readonly<Record<Wish["by"], Order>> = {
  name: (one, other) => one.name.localeCompare(other.name),
  monthly_cost: (one, other) => (other.monthly_cost ?? 0) - (one.monthly_cost ?? 0),
  created_at: (one, other) => other.created_at.localeCompare(one.created_at),
};

export const choose = (nodes: readonly Node[], { group, text, by }: Wish): Node[] => {
  const wanted = text.trim().toLowerCase();
  return nodes
    .filter((node) => group === "all" || groupOfNode(node) === group)
    .filter((node) => textOf(node).includes(wanted))
    .sort(orders[by]);
};

/** Under a state that is not well: why. Null: all is well, or the job tells. */
export const whyOf = (node: Node): string | null => {
  if (groupOfNode(node) !== "needs you") return null;
  if (node.deletion_blocked_reason !== null)
    return `Hetzner refused the deletion: ${reasonWords[node.deletion_blocked_reason].toLowerCase()}.`;
  const [reason] = node.readiness.reason_codes;
  const [guidance] = node.readiness.guidance;
  return [reason && `${readinessWords[reason]}.`, guidance].filter(Boolean).join(" ") || null;
};
