import { expect, it } from "vitest";
import { makeDrafts } from "./drafts.ts";

const screen = () => {
  const acts: (() => void)[] = [];
  return { drafts: makeDrafts((act) => acts.push(act)), settle: () => acts.splice(0).forEach((act) => void act()) };
};

it("keeps what was typed when the session ends, and gives it back once", () => {
  const { drafts, settle } = screen();
  drafts.leave("site", "Acme");
  drafts.keep();
  settle();
  expect([drafts.take("site"), drafts.take("site")]).toEqual(["Acme", undefined]);
});

it("forgets a form that was left for another page", () => {
  const { drafts, settle } = screen();
  drafts.leave("site", "Acme");
  settle();
  drafts.keep();
  expect(drafts.take("site")).toBeUndefined();
});

it("keeps nothing for somebody else", () => {
  const { drafts } = screen();
  drafts.leave("site", "Acme");
  drafts.keep();
  drafts.forget();
  expect(drafts.take("site")).toBeUndefined();
});
