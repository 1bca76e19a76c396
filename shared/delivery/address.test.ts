import { describe, expect, it } from "vitest";
import { fileAt, PAGES } from "./address.ts";
import { findKind, kinds } from "./kinds.ts";

describe("an address", () => {
  it.each([
    ["/", PAGES.dashboard],
    ["/nodes", PAGES.dashboard],
    ["/nodes/", PAGES.dashboard],
    ["/nodes/018f0000-0000-7000-8000-000000000001", PAGES.dashboard],
    ["/settings/tokens", PAGES.dashboard],
    ["/api", PAGES.dashboard],
    ["/docs", PAGES.dashboard],
    ["/docs/apis", PAGES.dashboard],
    ["//", PAGES.dashboard],
    ["/a.b/nodes", PAGES.dashboard],
    ["/a%2Eb", PAGES.dashboard],
    ["/docs/api", PAGES.reference],
    ["/docs/api/", PAGES.reference],
  ])("%s is the page %s", (uri, page) => {
    expect(fileAt(uri)).toBe(page);
  });

  it.each([
    "/index.html",
    "/icon.svg",
    "/favicon.ico",
    "/.env",
    "/nodes/..",
    "/docs/api/openapi.yaml",
    "/assets/index-Bx1.js",
    "/assets/index",
    "/assets/",
  ])("%s is that file or nothing", (uri) => {
    expect(fileAt(uri)).toBe(uri);
  });
});

describe("a kind of file", () => {
  it.each([
    ["/assets/index-Bx1.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"],
    ["/assets/index-Bx1.css", "text/css; charset=utf-8", "public, max-age=31536000, immutable"],
    ["/assets/inter-Bx1.woff2", "font/woff2", "public, max-age=31536000, immutable"],
    ["/index.html", "text/html; charset=utf-8", "no-cache"],
    ["/docs/api/index.html", "text/html; charset=utf-8", "no-cache"],
    ["/docs/api/openapi.yaml", "application/yaml", "no-cache"],
    ["/icon.svg", "image/svg+xml", "no-cache"],
  ])("%s is %s, kept: %s", (address, contentType, cacheControl) => {
    expect(findKind(address)).toMatchObject({ contentType, cacheControl });
  });

  it.each(["/main.js", "/assets/page.html", "/assets/index.js.map", "/notes.txt"])("%s is of none", (address) => {
    expect(findKind(address)).toBeUndefined();
  });

  it("is the page's last of all, so that what it loads is there before it", () => {
    expect(kinds.at(-1)?.ending).toBe(".html");
  });
});
