/** Nodes by the thousand for a local cloud, to see how lists of them behave: records alone, no servers. */
import type { NodeRecord } from "../../shared/domain/node.ts";
import { newNode } from "../../shared/domain/plans/start.ts";
import { nodeItem } from "../../shared/store/nodes.ts";
import type { Table } from "../../shared/store/table.ts";

const DAY_MS = 86_400_000;
/** They have no machine: nobody is to look at them over SSH while somebody looks at the list. */
const UNWATCHED_MS = 30 * DAY_MS;
const AT_ONCE = 25;

const types = [
  { serverType: "cx23", monthlyCostCents: 487 },
  { serverType: "cx33", monthlyCostCents: 725 },
  { serverType: "cpx22", monthlyCostCents: 952 },
] as const;
const locations = ["fsn1", "nbg1", "hel1"] as const;

/** A UUIDv7 of that moment; `nth` makes it another one. */
const idAt = (ms: number, nth: number): string => {
  const time = ms.toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${nth.toString(16).padStart(12, "0")}`;
};

/** What is wrong with the `nth`: of twenty one is not ready, of fifty one mute, of a hundred one is still billed. */
const trouble = (nth: number, checkedAtMs: number): Partial<NodeRecord> => {
  const probe = { checkedAtMs, reached: true, sudo: true, runtime: true };
  if (nth % 100 === 99) return { probe, serverState: "still_billing", deletionBlockedReason: "protected" };
  if (nth % 50 === 48) return { probe: { ...probe, reached: false }, status: "unreachable" };
  return { probe: { ...probe, sudo: nth % 20 !== 17 } };
};

/** `count` nodes, the first the youngest, an hour apart: most of them ready. Pure. */
export const manyNodes = (count: number, nowMs: number): NodeRecord[] =>
  Array.from({ length: count }, (_, nth) => {
    const createdMs = nowMs - (nth + 1) * 3_600_000;
    const order = {
      nodeId: idAt(createdMs, nth),
      jobId: idAt(createdMs, nth + count),
      providerId: "hetzner",
      name: `many-${String(nth + 1).padStart(4, "0")}`,
      ...(types[nth % types.length] ?? types[0]),
      location: locations[nth % locations.length] ?? "fsn1",
      image: "debian-12",
      sshPort: 22,
      sshUser: "root",
      nowMs: createdMs,
    } as const;
    const made = { status: "active", serverState: "present", serverId: 1_000_000 + nth, openJobId: null } as const;
    const publicIp = `198.51.${100 + Math.floor(nth / 250)}.${(nth % 250) + 1}`;
    return { ...newNode(order), ...made, publicIp, lastSeenAtMs: nowMs, ...trouble(nth, nowMs + UNWATCHED_MS) };
  });

/** Writes them; the same ones again change nothing. */
export async function putNodes(table: Table, nodes: readonly NodeRecord[]): Promise<void> {
  for (let at = 0; at < nodes.length; at += AT_ONCE) {
    await Promise.all(nodes.slice(at, at + AT_ONCE).map((node) => table.write({ put: nodeItem(node) })));
  }
}
