import { describe, expect, it } from "vitest";
import { readinessReasons } from "../../contracts/errors.ts";
import { node as nodeSchema, nodeStatuses, serverStates } from "../../contracts/models.ts";
import {
  belongsToNode,
  defaultNodeName,
  isListed,
  monthlyCostOf,
  type NodeRecord,
  presentNode,
  readinessOf,
  readinessReasonsOf,
} from "./node.ts";
import { installation, makeActiveNode, makeNode, nodeId, ourLabels, startMs } from "./testing.ts";

const seen = { checkedAtMs: startMs, reached: true, sudo: true, runtime: true };
const ready = makeActiveNode({ probe: seen });

describe("what keeps a node from being ready", () => {
  it("is nothing when it is active, reached, has sudo and the runtime", () => {
    expect(readinessOf(ready)).toEqual({
      is_ready: true,
      reason_codes: [],
      guidance: [],
      checked_at: "2026-11-22T12:00:00.000Z",
    });
  });

  const silent = { ...seen, reached: false, sudo: false, runtime: false };
  const rows: [string, Partial<NodeRecord>, string[]][] = [
    ["it is being provisioned", { status: "provisioning" }, ["node_status_not_active"]],
    ["it is decommissioned", { status: "decommissioned" }, ["node_status_not_active"]],
    ["it is unreachable", { status: "unreachable" }, ["node_status_not_active", "node_unreachable"]],
    ["it has no address", { publicIp: null }, ["node_host_missing"]],
    ["its port is 0", { sshPort: 0 }, ["ssh_port_invalid"]],
    ["its port is 65536", { sshPort: 65536 }, ["ssh_port_invalid"]],
    ["it has no user", { sshUser: "" }, ["ssh_user_missing"]],
    ["the last look found it silent", { probe: silent }, ["node_unreachable"]],
    ["it has no sudo", { probe: { ...seen, sudo: false } }, ["sudo_unavailable"]],
    ["it has no runtime", { probe: { ...seen, runtime: false } }, ["runtime_missing"]],
    ["it has forgotten environments", { forgottenEnvironments: 1 }, ["environments_forgotten"]],
    ["its deletion was refused", { serverState: "still_billing" }, ["node_deletion_pending"]],
    ["its deletion is at work", { serverState: "deleting" }, ["node_deletion_pending"]],
    ["nobody knows whether its server is gone", { serverState: "unknown" }, ["node_deletion_pending"]],
    ["it has neither", { probe: { ...seen, sudo: false, runtime: false } }, ["sudo_unavailable", "runtime_missing"]],
  ];
  it.each(rows)("is said when %s", (_when, change, reasons) => {
    const readiness = readinessOf({ ...ready, ...change });
    expect(readiness.reason_codes).toEqual(reasons);
    expect(readiness.is_ready).toBe(false);
    expect(readiness.guidance.map((text) => text.length > 20)).toEqual(reasons.map(() => true));
  });

  it("names what stops a deletion, and what to do about it", () => {
    const blocked = { ...ready, serverState: "still_billing", deletionBlockedReason: "protected" } as const;
    expect(readinessOf(blocked).guidance).toEqual([expect.stringContaining("Switch off the server's protection")]);
    const lost = { ...blocked, serverState: "unknown", deletionBlockedReason: "timeout" } as const;
    expect(readinessOf(lost).guidance).toEqual([expect.not.stringContaining("still billed")]);
  });

  it("says so of what an order left at Hetzner as well", () => {
    const left = { ...ready, status: "decommissioned", serverState: "still_billing" } as const;
    expect(readinessReasonsOf(left)).toEqual(["node_status_not_active", "node_deletion_pending"]);
  });

  it("is every reason of the contract somewhere in this table", () => {
    expect(new Set(rows.flatMap(([, , reasons]) => reasons))).toEqual(new Set(readinessReasons));
  });

  it("comes in the contract's order", () => {
    const nothing = makeNode({ sshPort: 0, sshUser: "", probe: silent });
    const order = readinessReasonsOf(nothing).map((reason) => readinessReasons.indexOf(reason));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order).toHaveLength(5);
  });

  it("is not that it is silent, before anybody has looked", () => {
    expect(readinessReasonsOf({ ...ready, probe: null })).toEqual([]);
    expect(readinessOf({ ...ready, probe: null }).checked_at).toBeNull();
  });

  it.each([1, 65535])("is not the port %d", (sshPort) => {
    expect(readinessReasonsOf({ ...ready, sshPort })).toEqual([]);
  });
});

describe("what a node costs a month", () => {
  it.each(serverStates)("while its server is %s", (serverState) => {
    const billed = serverState !== "none" && serverState !== "gone";
    expect(monthlyCostOf(makeNode({ serverState, monthlyCostCents: 499 }))).toBe(billed ? 4.99 : null);
    expect(monthlyCostOf(makeNode({ serverState, monthlyCostCents: null }))).toBeNull();
  });
});

describe("a list", () => {
  const hidden = nodeStatuses.flatMap((status) =>
    serverStates
      .filter((serverState) => !isListed(makeNode({ status, serverState })))
      .map((state) => `${status} ${state}`),
  );

  it("hides decommissioned nodes, but never one that is still billed", () => {
    const billing = serverStates.filter((state) => state !== "still_billing");
    expect(hidden).toEqual(billing.map((state) => `decommissioned ${state}`));
  });
});

describe("a node on the wire", () => {
  it("fits the contract in every state", () => {
    for (const status of nodeStatuses) {
      for (const serverState of serverStates) {
        expect(nodeSchema.parse(presentNode(makeNode({ status, serverState })))).toMatchObject({
          status,
          server_state: serverState,
        });
      }
    }
  });

  it("says what is known, in the contract's words", () => {
    const blocked = makeActiveNode({
      serverState: "still_billing",
      deletionBlockedReason: "protected",
      ipv6: "2001:db8::1",
    });
    expect(presentNode(blocked)).toEqual({
      id: nodeId,
      name: "web-1",
      hostname: "web-1",
      public_ip: "198.51.100.7",
      ipv6: "2001:db8::1",
      ssh_port: 22,
      ssh_user: "root",
      status: "active",
      is_local: false,
      provider_id: "hetzner",
      provider_server_id: "7",
      server_type: "cx23",
      location: "nbg1",
      image: "debian-12",
      monthly_cost: 4.99,
      server_state: "still_billing",
      deletion_blocked_reason: "protected",
      last_seen_at: "2026-11-22T12:00:00.000Z",
      readiness: expect.objectContaining({ reason_codes: ["runtime_missing", "node_deletion_pending"] }),
      last_job_id: blocked.lastJobId,
      created_at: "2026-11-22T12:00:00.000Z",
      updated_at: "2026-11-22T12:00:00.000Z",
      state_version: 1,
    });
  });

  it("shows neither host keys nor the open job's inner workings", () => {
    expect(JSON.stringify(presentNode(makeActiveNode()))).not.toContain("ssh-ed25519");
  });
});

it("is named after the random end of its id", () => {
  expect(defaultNodeName("018f0000-0000-7000-8000-00000badcafe")).toBe("pl-0badcafe");
  expect(nodeSchema.shape.name.safeParse(defaultNodeName(nodeId)).success).toBe(true);
});

describe("a server belongs to a node", () => {
  const owner = { installation, node: nodeId };

  it("by three labels, whichever job made it", () => {
    expect(belongsToNode(ourLabels, owner)).toBe(true);
    expect(belongsToNode({ ...ourLabels, job: "another" }, owner)).toBe(true);
  });

  it.each(["managed-by", "installation", "node"])("not without the right %s", (label) => {
    expect(belongsToNode({ ...ourLabels, [label]: "another" }, owner)).toBe(false);
    expect(belongsToNode(Object.fromEntries(Object.entries(ourLabels).filter(([name]) => name !== label)), owner)).toBe(
      false,
    );
  });
});
