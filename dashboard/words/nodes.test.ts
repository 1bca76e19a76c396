import { describe, expect, it } from "vitest";
import example from "../../contracts/examples/getNode.answer.json" with { type: "json" };
import { type Node, node, nodeStatuses, serverStates } from "../../contracts/models.ts";
import {
  answerOf,
  choose,
  costWord,
  countGroups,
  deletionOf,
  entryOf,
  isRetired,
  isUnready,
  needsOf,
  owedOf,
  priceWord,
  queryOf,
  serverWord,
  sitesByNode,
  sortedBy,
  type Wish,
  whyOf,
  wishOf,
} from "./nodes.ts";

const ready = node.parse(example);
const make = (name: string, change: Partial<Node> = {}): Node => ({ ...ready, name, ...change });
const well = { is_ready: true, reason_codes: [], guidance: [], checked_at: null };
const up = { status: "active", server_state: "present", readiness: well } as const;
const noSudo = { ...well, is_ready: false, reason_codes: ["sudo_unavailable"], guidance: ["Restore sudo."] } as const;
const mute = {
  ...up,
  monthly_cost: 8,
  readiness: { ...noSudo, reason_codes: [...noSudo.reason_codes], guidance: [...noSudo.guidance] },
};
const pending: Node["readiness"] = {
  ...well,
  is_ready: false,
  reason_codes: ["node_status_not_active", "node_deletion_pending"],
  guidance: ["Only an active node takes sites.", "Switch off the protection."],
};
const owed = {
  status: "decommissioned",
  server_state: "still_billing",
  deletion_blocked_reason: "protected",
  readiness: pending,
} as const;
const nodes = [
  make("shop", { ...up, monthly_cost: 4.5, location: "hel1" }),
  make("atelier", { status: "provisioning", server_state: "creating", monthly_cost: null }),
  make("old", { ...owed, monthly_cost: 20, created_at: "2020-01-01T00:00:00Z" }),
  make("mute", mute),
];
const entries = nodes.map((one, sites) => entryOf(one, sites));
const names = (wish: Partial<Wish>) => choose(entries, { ...plain, ...wish }).map((entry) => entry.node.name);
const plain: Wish = { group: "all", text: "", by: "name", isDown: false };
const metrics = {
  jobs_running: 0,
  jobs_queued: 0,
  nodes_active: 990,
  sites_total: 0,
  nodes_total: 1000,
  nodes_not_ready: 80,
  servers_still_billing: 2,
  monthly_cost_total: 7213.3,
};

describe("the first line", () => {
  it.each([
    [
      "all rows",
      entries,
      true,
      undefined,
      "4 nodes · 1 ready · €32.50 per month · 1 still billed although it should be gone",
    ],
    ["no row", [], true, metrics, "0 nodes · 0 ready · €0.00 per month"],
    [
      "a part of the rows",
      entries.slice(0, 2),
      false,
      undefined,
      "2 nodes · 1 ready · €4.50 per month, of the newest 2",
    ],
    [
      "a part of the rows and the API's figures",
      entries,
      false,
      metrics,
      "1,000 nodes · 920 ready · €7,213.30 per month · 2 still billed although they should be gone",
    ],
  ])(
    "says of %s how many, how many are well, what they cost and what should be gone",
    (_, rows, isWhole, figures, expected) => {
      expect(answerOf(rows, isWhole, figures)).toBe(expected);
    },
  );

  it("adds up in cents", () => {
    const dimes = [0.1, 0.2].map((monthly_cost) => entryOf(make("x", { monthly_cost })));
    expect(answerOf(dimes, true, undefined)).toContain("€0.30");
  });
});

it("counts what works and what needs somebody", () => {
  expect(countGroups(entries)).toEqual({ all: 4, ready: 1, working: 1, "needs you": 2 });
});

describe("rows", () => {
  it.each<[Partial<Wish>, string[]]>([
    [{}, ["atelier", "mute", "old", "shop"]],
    [{ isDown: true }, ["shop", "old", "mute", "atelier"]],
    [{ by: "cost", isDown: true }, ["old", "mute", "shop", "atelier"]],
    [{ by: "age" }, ["atelier", "mute", "shop", "old"]],
    [{ by: "sites", isDown: true }, ["mute", "old", "atelier", "shop"]],
    [{ by: "location" }, ["shop", "atelier", "mute", "old"]],
    [{ group: "needs you" }, ["mute", "old"]],
    [{ text: " HEL1 " }, ["shop"]],
    [{ text: "ready hel1" }, ["shop"]],
    [{ text: "still" }, ["old"]],
    [{ group: "ready", text: "old" }, []],
  ])("wished as %j are %j", (wish, expected) => {
    expect(names(wish)).toEqual(expected);
  });

  it("are in the order that people count in", () => {
    const numbered = ["web-10", "web-2"].map((name) => entryOf(make(name)));
    expect(choose(numbered, plain).map((entry) => entry.node.name)).toEqual(["web-2", "web-10"]);
  });
});

describe("the address", () => {
  it.each<Wish>([
    plain,
    { group: "needs you", text: "a b&c", by: "cost", isDown: true },
    { group: "ready", text: "", by: "age", isDown: false },
  ])("keeps %j", (wish) => {
    const kept = Object.entries(queryOf(wish)).filter(([, value]) => value !== null);
    expect(wishOf(Object.fromEntries(new URLSearchParams(kept.map(([name, value]) => [name, value ?? ""]))))).toEqual(
      wish,
    );
  });

  it("that nobody could have made is as if it were empty", () => {
    expect(wishOf({ group: "none", by: "password", order: "sideways" })).toEqual(plain);
    expect(Object.values(queryOf(plain))).toEqual([null, null, null, null]);
  });

  it.each<[Wish, "name" | "cost" | "age", Wish]>([
    [plain, "cost", { ...plain, by: "cost", isDown: true }],
    [plain, "age", { ...plain, by: "age" }],
    [plain, "name", { ...plain, isDown: true }],
    [{ ...plain, isDown: true }, "name", plain],
  ])("after %j and a click on %s is %j", (wish, by, expected) => {
    expect(sortedBy(wish, by)).toEqual(expected);
  });
});

it("says why something needs somebody, and nothing of what is well", () => {
  expect(entries.map(whyOf)).toEqual([
    null,
    null,
    "Switch off the protection.",
    "No root rights on the node. Restore sudo.",
  ]);
});

it("tells of a node that does not answer that it does not, before all that follows from it", () => {
  const reason_codes: Node["readiness"]["reason_codes"] = ["node_status_not_active", "node_unreachable"];
  const lost = { ...well, is_ready: false, reason_codes, guidance: ["Wait.", "Look at the server."] };
  const entry = entryOf(make("lost", { ...up, status: "unreachable", readiness: lost }));
  expect(whyOf(entry)).toBe("SSH does not answer. Look at the server.");
  expect(needsOf([entry])).toMatchObject([{ title: "1 node: SSH does not answer.", guidance: "Look at the server." }]);
});

it("tells of each trouble once, money first", () => {
  const more = [...entries, entryOf(make("mute-2", mute)), entryOf(make("lost", { server_state: "unknown" }))];
  expect(needsOf(more).map(({ title, tone, guidance, nodes: found }) => [title, tone, guidance, found.length])).toEqual(
    [
      [
        "1 server is still billed although it should be gone: €20.00 per month.",
        "bad",
        "Switch off the protection.",
        1,
      ],
      [
        "1 node: it is not known whether there is a server.",
        "warn",
        "Nobody knows whether Hetzner made the server. It is looked for during 24 hours.",
        1,
      ],
      ["2 nodes: no root rights on the node.", "warn", "Restore sudo.", 2],
    ],
  );
  expect(needsOf(entries.slice(0, 2))).toEqual([]);
});

describe("deleting a node", () => {
  const there = make("shop", { ...up, monthly_cost: 4.5, public_ip: "198.51.100.7" });
  it.each<[string, Node, number, boolean, RegExp]>([
    ["a job works on it", there, 0, true, /job works on this node/],
    ["a site is on it", there, 1, false, /^A site is on this node. Delete it first/],
    ["sites are on it", there, 3, false, /^3 sites are on this node. Delete them first/],
  ])("is not possible while %s, and it says so", (_, node, sites, isBusy, expected) => {
    const deletion = deletionOf(node, sites, isBusy);
    expect(deletion?.isPossible === false && deletion.why).toMatch(expected);
  });

  it("says what will be lost and what is saved", () => {
    const deletion = deletionOf(there, 0, false);
    expect(deletion).toMatchObject({ isPossible: true, action: "Delete node" });
    expect(deletion?.isPossible && deletion.loses.join(" ")).toMatch(
      /198\.51\.100\.7.*cannot be undone.*€4\.50 per month/,
    );
  });

  it("is tried again when Hetzner refused it, and is over when the server is gone", () => {
    expect(deletionOf(make("old", owed), 0, false)).toMatchObject({ action: "Try the deletion again" });
    expect(deletionOf(make("gone", { status: "decommissioned", server_state: "gone" }), 0, false)).toBeNull();
  });

  it.each(["provisioning", "unreachable", "decommissioned"] as const)(
    "is not possible while Pressluft looks for the server of a node that is %s, as the API says",
    (status) => {
      const deletion = deletionOf(make("lost", { status, server_state: "unknown" }), 0, false);
      expect(deletion?.isPossible === false && deletion.why).toMatch(/looks for it for 24 hours/);
    },
  );
});

describe("a server", () => {
  it.each(serverStates)("is said to be billed or not when it is %s", (server_state) => {
    for (const status of nodeStatuses) expect(serverWord({ status, server_state })).toMatch(/billed/);
  });

  it("that is to be ordered was never there, but will be", () => {
    expect(serverWord({ status: "provisioning", server_state: "none" })).toBe("not ordered yet; nothing is billed");
    expect(serverWord({ status: "decommissioned", server_state: "none" })).toMatch(/never was one/);
  });

  it.each([
    ["none", null, "nothing"],
    ["gone", null, "nothing"],
    ["present", null, "not known"],
    ["unknown", null, "not known"],
    ["present", 4.5, "€4.50 per month"],
    ["still_billing", 20, "€20.00 per month"],
  ] as const)("that is %s at a price of %s costs: %s", (server_state, monthly_cost, expected) => {
    expect(costWord({ server_state, monthly_cost })).toBe(expected);
    expect(priceWord({ server_state, monthly_cost })).toBe(expected.replace(" per month", ""));
  });

  it.each<[Node["status"], Node["server_state"], boolean]>([
    ["provisioning", "none", false],
    ["decommissioned", "none", true],
    ["decommissioned", "gone", true],
    ["decommissioned", "still_billing", false],
    ["active", "present", false],
  ])("of a node that is %s is %s: it can be ordered again: %s", (status, server_state, expected) => {
    expect(isRetired(make("x", { status, server_state }))).toBe(expected);
  });

  it.each<[string, Partial<Node>, boolean, boolean]>([
    ["mute", mute, false, true],
    ["mute, and a job works on it", mute, true, false],
    ["well", up, false, false],
    ["still billed", { ...mute, server_state: "still_billing" }, false, false],
    ["retired", { ...mute, status: "decommissioned" }, false, false],
  ])("of a node that is %s: the node says why it takes no sites: %s", (_, change, isBusy, expected) => {
    expect(isUnready(make("x", change), isBusy)).toBe(expected);
  });

  it("that should be gone says why it is not, what it costs and what to do, and nothing of what follows from it", () => {
    expect(owedOf(make("old", { ...owed, monthly_cost: 20 }))).toEqual({
      title: "This server should be gone and is not: protected against deletion.",
      cost: "What it costs: €20.00 per month. Pressluft tries again every hour; you may ask again at once.",
      guidance: ["Switch off the protection."],
    });
    const untold = make("old", { ...owed, deletion_blocked_reason: null, readiness: well });
    expect(owedOf(untold)).toMatchObject({ title: "This server should be gone and is not.", guidance: [] });
  });

  it.each(serverStates.filter((state) => state !== "still_billing"))(
    "that is %s is not said to be one that should be gone, whatever stopped a deletion before",
    (server_state) => {
      expect(owedOf(make("old", { ...owed, server_state }))).toBeNull();
    },
  );
});

it("counts the sites of each node", () => {
  expect([...sitesByNode([{ node_id: "a" }, { node_id: "b" }, { node_id: "a" }])]).toEqual([
    ["a", 2],
    ["b", 1],
  ]);
});
