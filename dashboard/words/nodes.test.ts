import { describe, expect, it } from "vitest";
import example from "../../contracts/examples/getNode.answer.json" with { type: "json" };
import { type Node, node } from "../../contracts/models.ts";
import { answerOf, choose, countGroups, whyOf } from "./nodes.ts";

const ready = node.parse(example);
const make = (name: string, change: Partial<Node> = {}): Node => ({ ...ready, name, ...change });
const well = { is_ready: true, reason_codes: [], guidance: [], checked_at: null };
const nodes = [
  make("shop", { status: "active", server_state: "present", readiness: well, monthly_cost: 4.5, location: "hel1" }),
  make("atelier", { status: "provisioning", server_state: "creating", monthly_cost: null }),
  make("old", {
    status: "decommissioned",
    server_state: "still_billing",
    monthly_cost: 20,
    deletion_blocked_reason: "protected",
    created_at: "2020-01-01T00:00:00Z",
  }),
  make("mute", {
    status: "active",
    server_state: "present",
    monthly_cost: 8,
    readiness: { ...well, is_ready: false, reason_codes: ["sudo_unavailable"], guidance: ["Check the node."] },
  }),
];
const names = (found: readonly Node[]) => found.map(({ name }) => name);
const wish = { group: "all", text: "", by: "name" } as const;

it("answers how many, how many are well, and what they cost", () => {
  expect(answerOf(nodes, true)).toBe("4 nodes · 1 ready · €32.50 per month");
  expect(answerOf(nodes, false)).toContain("of the newest 4");
  expect(answerOf([], true)).toBe("0 nodes · 0 ready · €0.00 per month");
});

it("counts what works and what needs somebody", () => {
  expect(countGroups(nodes)).toEqual({ all: 4, ready: 1, working: 1, "needs you": 2 });
});

describe("rows", () => {
  it("are sorted by name, by cost with the dearest first, or by age with the newest first", () => {
    expect(names(choose(nodes, wish))).toEqual(["atelier", "mute", "old", "shop"]);
    expect(names(choose(nodes, { ...wish, by: "monthly_cost" }))[0]).toBe("old");
    expect(names(choose(nodes, { ...wish, by: "created_at" })).at(-1)).toBe("old");
  });

  it("are those of a group, and those with a text in name, address, type or location", () => {
    expect(names(choose(nodes, { ...wish, group: "needs you" }))).toEqual(["mute", "old"]);
    expect(names(choose(nodes, { ...wish, text: " HEL1 " }))).toEqual(["shop"]);
  });
});

it("says why something needs somebody, and nothing of what is well", () => {
  expect(nodes.map(whyOf)).toEqual([
    null,
    null,
    "Hetzner refused the deletion: protected against deletion.",
    "No root rights on the node. Check the node.",
  ]);
});
