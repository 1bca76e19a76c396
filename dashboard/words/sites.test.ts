import { describe, expect, it } from "vitest";
import type { Site } from "../../contracts/site-models.ts";
import { answerOf, chooseSites, countSites, type SiteWish, siteQueryOf, siteWishOf } from "./sites.ts";

const site = (name: string, status: Site["status"]): Site => ({
  id: name,
  name,
  slug: name.toLowerCase(),
  status,
  node_id: "n",
  primary_environment_id: null,
  last_job_id: "j",
  created_at: "2026-11-23T12:00:00Z",
  updated_at: "2026-11-23T12:00:00Z",
  state_version: 1,
});

const sites = [site("Acme", "active"), site("Blog", "deploying"), site("Shop", "failed"), site("Old-Shop", "active")];

describe("the answer of the page", () => {
  it.each<[readonly Site[], boolean, string]>([
    [sites, true, "4 sites · 2 active · 1 being worked on · 1 needs you"],
    [[site("Acme", "active")], true, "1 site · 1 active · none needs you"],
    [[site("A", "failed"), site("B", "failed")], true, "2 sites · 0 active · 2 need you"],
    [[site("Acme", "active")], false, "1 site · 1 active · none needs you, of the newest 1"],
  ])("%# counts", (all, isWhole, expected) => {
    expect(answerOf(all, isWhole)).toBe(expected);
  });
});

it("puts each site in one group", () => {
  expect(countSites(sites)).toEqual({ all: 4, active: 2, working: 1, "needs you": 1 });
});

it.each([
  [{ group: "all", text: "" }, ["Acme", "Blog", "Shop", "Old-Shop"]],
  [{ group: "all", text: " SHOP " }, ["Shop", "Old-Shop"]],
  [{ group: "active", text: "shop" }, ["Old-Shop"]],
  [{ group: "needs you", text: "" }, ["Shop"]],
  [{ group: "working", text: "acme" }, []],
] as const)("%j shows %j", (wish, expected) => {
  expect(chooseSites(sites, wish).map(({ name }) => name)).toEqual(expected);
});

it.each<[Record<string, string>, SiteWish]>([
  [{}, { group: "all", text: "" }],
  [{ group: "needs you" }, { group: "needs you", text: "" }],
  [{ text: "shop" }, { group: "all", text: "shop" }],
  [
    { group: "active", text: "a b" },
    { group: "active", text: "a b" },
  ],
])("the address %j asks for %j, and back", (query, wish) => {
  expect(siteWishOf(query)).toEqual(wish);
  const back = Object.entries(siteQueryOf(wish)).filter(([, word]) => word !== null);
  expect(Object.fromEntries(back)).toEqual(query);
});

it("takes a group that it does not know for all", () => {
  expect(siteWishOf({ group: "gone" })).toEqual({ group: "all", text: "" });
});
