import { describe, expect, it } from "vitest";
import { decideRedirect, judgePage } from "./preview.ts";
import { isLocalName, type Page } from "./web.ts";

const at = new URL("http://production.acme.198-18-0-7.localhost:8088/a");

describe("a redirect", () => {
  it.each([
    ["/b", "http://production.acme.198-18-0-7.localhost:8088/b"],
    ["?p=1", "http://production.acme.198-18-0-7.localhost:8088/a?p=1"],
    ["http://production.acme.198-18-0-7.localhost:8088/c", "http://production.acme.198-18-0-7.localhost:8088/c"],
    ["https://production.acme.198-18-0-7.localhost/", "https://production.acme.198-18-0-7.localhost/"],
  ])("to %s is followed", (location, url) => {
    expect(decideRedirect(at, location, 0)).toEqual({ url: new URL(url) });
  });

  it.each([
    "http://evil.example/",
    "//evil.example/",
    "http://production.acme.198-18-0-7.localhost/",
    "http://staging.acme.198-18-0-7.localhost:8088/",
    "http://x@evil.example:8088/",
  ])("to %s is refused", (location) => {
    expect(decideRedirect(at, location, 0)).toEqual({ refused: expect.stringContaining("another host") });
  });

  it("from https to http is refused", () => {
    const from = new URL("https://acme.example/");
    expect(decideRedirect(from, "http://acme.example/", 0)).toHaveProperty("refused");
  });

  it("is followed three times and no more", () => {
    expect(decideRedirect(at, "/b", 2)).toHaveProperty("url");
    expect(decideRedirect(at, "/b", 3)).toEqual({ refused: "more than 3 redirects" });
  });

  it.each([undefined, "http://"])("to %s leads nowhere", (location) => {
    expect(decideRedirect(at, location, 0)).toEqual({ refused: "a redirect leads nowhere" });
  });
});

describe("a page", () => {
  const page: Page = { url: at, status: 200, headers: {}, setCookies: [], text: "<title>marker1</title> //here" };

  it("is right when it shows what it must and nothing that it must not", () => {
    expect(judgePage(page, { shows: ["marker1", "//here"], lacks: ["//there"] })).toEqual([]);
  });

  it("is judged in all", () => {
    const faults = judgePage({ ...page, status: 500 }, { shows: ["marker2"], lacks: ["//here"], noindex: true });
    expect(faults).toEqual([
      "it answers 500 instead of 200",
      "it does not show marker2",
      "it shows //here",
      "it does not say noindex",
    ]);
  });

  it.each([
    ["<meta name='robots' content='noindex, nofollow' />", {}],
    ['<META content="max-image-preview:large, noindex" name="robots">', {}],
    ["", { "x-robots-tag": "noindex, nofollow" }],
  ])("says noindex with %s %o", (text, headers) => {
    expect(judgePage({ ...page, text, headers }, { noindex: true })).toEqual([]);
  });

  it.each([["<meta name='robots' content='index'>"], ["<p>noindex</p>"], ["<meta name='keywords' content='noindex'>"]])(
    "does not say noindex with %s",
    (text) => {
      expect(judgePage({ ...page, text }, { noindex: true })).toEqual(["it does not say noindex"]);
    },
  );

  it("that must be gone is right when it is gone", () => {
    expect(judgePage({ ...page, status: 404, text: "" }, { status: 404 })).toEqual([]);
    expect(judgePage(page, { status: 404 })).toEqual(["it answers 200 instead of 404"]);
  });
});

it.each([
  ["localhost", true],
  ["a.b.localhost", true],
  ["notlocalhost", false],
  ["localhost.example.org", false],
])("%s is a name of this machine: %s", (name, isLocal) => {
  expect(isLocalName(name)).toBe(isLocal);
});
