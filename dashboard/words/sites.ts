/** The list of sites: what it answers, and which rows are shown. Pure: the screen only draws it. */
import type { Site } from "../../contracts/site-models.ts";
import { countWord } from "./amounts.ts";
import { oneOf, type Query, wordOf } from "./lists.ts";
import { groupOf, siteLooks } from "./looks.ts";

export const siteGroups = ["all", "active", "working", "needs you"] as const;
export type SiteGroup = (typeof siteGroups)[number];

const groupOfSite = ({ status }: Site): SiteGroup => {
  const group = groupOf(siteLooks[status]);
  return group === "ready" || group === "gone" ? "active" : group;
};

export const countSites = (sites: readonly Site[]): Readonly<Record<SiteGroup, number>> => {
  const count = (group: SiteGroup) => sites.filter((site) => groupOfSite(site) === group).length;
  return { all: sites.length, active: count("active"), working: count("working"), "needs you": count("needs you") };
};

/** "5 sites · 4 active · 1 needs you"; says so when it is not all of them. */
export const answerOf = (sites: readonly Site[], isWhole: boolean): string => {
  const { all, active, working, "needs you": failed } = countSites(sites);
  const said = [
    countWord(all, "site"),
    `${active} active`,
    ...(working === 0 ? [] : [`${working} being worked on`]),
    failed === 0 ? "none needs you" : `${failed} ${failed === 1 ? "needs" : "need"} you`,
  ].join(" · ");
  return isWhole ? said : `${said}, of the newest ${all}`;
};

export interface SiteWish {
  readonly group: SiteGroup;
  readonly text: string;
}

/** Of an address's query. */
export const siteWishOf = (query: Query): SiteWish => ({
  group: oneOf(siteGroups, wordOf(query, "group"), "all"),
  text: wordOf(query, "text") ?? "",
});

/** Back into a query: what is as always is left out. */
export const siteQueryOf = ({ group, text }: SiteWish): Record<string, string | null> => ({
  group: group === "all" ? null : group,
  text: text === "" ? null : text,
});

export const chooseSites = (sites: readonly Site[], { group, text }: SiteWish): Site[] => {
  const wanted = text.trim().toLowerCase();
  return sites
    .filter((site) => group === "all" || groupOfSite(site) === group)
    .filter(({ name, slug }) => `${name} ${slug}`.toLowerCase().includes(wanted));
};
