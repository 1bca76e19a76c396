import { expect, it } from "vitest";
import { judgeDocument } from "./documents.ts";

const head =
  "Status: active\nOwner: platform\nLast Reviewed: 2026-11-22\nDepends On: a.ts, b.ts\nSupersedes: none\n\n# A\n";
const exists = (path: string) => ["a.ts", "b.ts", "docs/c.md"].includes(path);
const judge = (text: string) => judgeDocument("docs/x.md", text, exists);

it("accepts a head with its five lines, however they are marked up", () => {
  expect(judge(head)).toEqual([]);
  expect(judge(head.replace(/^([\w ]+):/gm, "- **$1:**"))).toEqual([]);
  expect(judge(head.replace("a.ts, b.ts", "[c](c.md), `a.ts`"))).toEqual([]);
  expect(judge(head.replace("a.ts, b.ts", "none"))).toEqual([]);
});

it.each(["Status", "Owner", "Last Reviewed", "Depends On", "Supersedes"])("misses the line %s", (name) => {
  expect(judge(head.replace(`${name}:`, "Else:"))).toEqual([`has no line "${name}"`]);
  expect(judge(head.replace(new RegExp(`${name}: .*`), `${name}:`))).toEqual([`has no line "${name}"`]);
});

it("refuses what does not exist, and a review without a date", () => {
  expect(judge(head.replace("b.ts", "gone.ts"))).toEqual(["depends on gone.ts, which does not exist"]);
  expect(judge(head.replace("2026-11-22", "lately"))).toEqual(["Last Reviewed is no date"]);
});
