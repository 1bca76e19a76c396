import { describe, expect, it } from "vitest";
import { hardwareAddressFor, hostNamesFor, isOwnLink, linkFor, namesFor, prefixFor } from "./names.ts";

const names = namesFor("plh1234567");

describe("names", () => {
  it("depend on the folder of the local cloud alone", () => {
    expect(prefixFor("/a/.local")).toBe(prefixFor("/a/.local"));
    expect(prefixFor("/a//b/../.local/")).toBe(prefixFor("/a/.local"));
    expect(prefixFor("/a/.local")).not.toBe(prefixFor("/b/.local"));
    expect(prefixFor("/a/.local")).toMatch(/^plh[0-9a-f]{7}$/);
  });

  it("of interfaces fit into the 15 characters that Linux allows", () => {
    expect(names.bridge).toBe("plh1234567br");
    expect(linkFor(names, "198.18.7.253")).toBe("plh1234567h253");
    expect(linkFor(names, "198.18.7.253").length).toBeLessThanOrEqual(15);
  });

  it("mark a route by a metric of their own, behind every usual one", () => {
    expect(names.routeMetric).toBe(0x11234567);
    expect(namesFor("plh0000000").routeMetric).toBe(0x10000000);
  });

  it("of a host carry the server id", () => {
    const dir = "/var/lib/pressluft/hosts/plh1234567/115000001";
    expect(hostNamesFor(names, 115000001)).toEqual({ id: "115000001", machine: "plh1234567-115000001", dir });
  });

  it.each([
    ["plh1234567h1", true],
    ["plh1234567h253", true],
    ["plh1234567br", false],
    ["plh1234567h", false],
    ["plh1234567hx", false],
    ["plh1234567h1234", false],
    ["plh7654321h1", false],
    ["xplh1234567h1", false],
    ["eth0", false],
  ])("tell whether the link %s is one of ours: %s", (link, expected) => {
    expect(isOwnLink(names, link)).toBe(expected);
  });
});

describe("hardwareAddressFor", () => {
  it("is locally administered, of one card, and tells the address", () => {
    expect(hardwareAddressFor("198.18.7.10")).toBe("02:50:c6:12:07:0a");
  });
});
