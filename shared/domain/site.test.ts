import { describe, expect, it } from "vitest";
import { slug } from "../../contracts/site-models.ts";
import { previewUrlOf, releaseOf, siteStatusOf, systemUserOf } from "./site.ts";
import { makeBackupState } from "./testing/backups.ts";

const { site, environment } = makeBackupState().subject;

it("names on the node are made of ids alone", () => {
  expect(systemUserOf("018f0000-0000-7000-8000-0123456789ab")).toBe("pl_0123456789ab");
  expect(releaseOf("018f0000-0000-7000-8000-0123456789ab")).toBe("456789ab");
});

describe("the preview", () => {
  it.each([
    ["{ip}.sslip.io", "http://staging.acme.198-51-100-7.sslip.io"],
    ["preview.example.org:8088", "http://staging.acme.preview.example.org:8088"],
    ["{ip}.localhost:8088", "http://staging.acme.198-51-100-7.localhost:8088"],
  ])("under %s", (domain, url) => {
    expect(previewUrlOf(domain, { environment: "staging", site: "acme", ipv4: "198.51.100.7" })).toBe(url);
    expect(new URL(url).origin).toBe(url);
  });

  it.each(["a", "a1", "a-b", "a".repeat(40), "a--b", "abc--d"])("has a host of its own for the slug %s", (text) => {
    expect(slug.safeParse(text).success).toBe(true);
    expect(new URL(previewUrlOf("example.org", { environment: text, site: text, ipv4: "" })).hostname).toBe(
      `${text}.${text}.example.org`,
    );
  });

  it.each(["", "-a", "a-", "1a", "A", "ä", "a.b", "a:1", "a/b", "a@b", "a b", "a\n", "xn--a", "ab--c", "a".repeat(41)])(
    "is refused the slug %j",
    (text) => {
      expect(slug.safeParse(text).success).toBe(false);
    },
  );
});

describe("a site", () => {
  const other = { ...environment, id: "another" };
  it.each([
    ["in service with its primary environment", [environment, { ...other, status: "failed" }], "active"],
    ["failed with its primary environment", [{ ...environment, status: "failed" }, other], "failed"],
    ["in service once that is removed", [{ ...environment, status: "failed", removedAtMs: 1 }, other], "active"],
    ["in service without any", [], "active"],
  ] as const)("is %s", (_what, environments, status) => {
    expect(siteStatusOf(site, environments)).toBe(status);
  });
});
