import { describe, expect, it } from "vitest";
import { chooseSubnet, cidrOf, contains, parseRange, readRoutes, readRoutesOf, subnetAt } from "./subnets.ts";

describe("chooseSubnet", () => {
  const first = chooseSubnet("plh1", []);

  it("begins at a network that depends on the name", () => {
    expect(chooseSubnet("plh1", [])).toEqual(first);
    expect(chooseSubnet("plh2", [])).not.toEqual(first);
  });

  it("passes over networks that are in use, whole or in part", () => {
    const second = chooseSubnet("plh1", [cidrOf(first)]);
    expect(second).not.toEqual(first);
    expect(chooseSubnet("plh1", [first.gateway])).toEqual(second);
    expect(chooseSubnet("plh1", [`${first.prefix}.128/25`])).toEqual(second);
    expect(chooseSubnet("plh1", [cidrOf(first), cidrOf(second)])).not.toEqual(second);
  });

  it("takes the last one that is free, and says so when there is none", () => {
    const all = Array.from({ length: 512 }, (_, index) => cidrOf(subnetAt(index)));
    const free = subnetAt(300);
    expect(
      chooseSubnet(
        "plh1",
        all.filter((cidr) => cidr !== cidrOf(free)),
      ),
    ).toEqual(free);
    expect(() => chooseSubnet("plh1", all)).toThrow("in use");
    expect(() => chooseSubnet("plh1", ["198.18.0.0/15"])).toThrow("in use");
  });

  it("stays within the range that is kept for tests", () => {
    expect(subnetAt(0)).toEqual({ prefix: "198.18.0", gateway: "198.18.0.254" });
    expect(subnetAt(511)).toEqual({ prefix: "198.19.255", gateway: "198.19.255.254" });
  });
});

describe("contains", () => {
  it.each([
    ["198.18.7.1", true],
    ["198.18.7.253", true],
    ["198.18.7.0", false],
    ["198.18.7.254", false],
    ["198.18.7.255", false],
    ["198.18.70.1", false],
    ["198.18.7.01", false],
    ["198.18.7.1.1", false],
    ["198.18.8.1", false],
  ])("%s: %s", (ipv4, expected) => {
    expect(contains({ prefix: "198.18.7", gateway: "198.18.7.254" }, ipv4)).toBe(expected);
  });
});

describe("parseRange", () => {
  it.each([
    ["10.0.0.7", { from: 0x0a000007, to: 0x0a000007 }],
    ["10.0.0.7/24", { from: 0x0a000000, to: 0x0a0000ff }],
    ["0.0.0.0/0", { from: 0, to: 0xffffffff }],
    ["fe80::/64", undefined],
    ["unreachable", undefined],
  ])("%s", (cidr, expected) => {
    expect(parseRange(cidr)).toEqual(expected);
  });
});

describe("readRoutes", () => {
  it("tells networks and leaves the default route out", () => {
    const routes = [
      { dst: "default", gateway: "10.0.0.1" },
      { dst: "10.0.0.0/24" },
      { type: "local", dst: "10.0.0.2" },
    ];
    expect(readRoutes(JSON.stringify(routes))).toEqual(["10.0.0.0/24", "10.0.0.2"]);
  });

  it("finds those with our metric", () => {
    const routes = [
      { dst: "default", metric: 7 },
      { dst: "10.0.0.0/24" },
      { dst: "198.18.7.0/24", metric: 0x11234567 },
    ];
    expect(readRoutesOf(0x11234567, JSON.stringify(routes))).toEqual(["198.18.7.0/24"]);
    expect(readRoutesOf(8, "")).toEqual([]);
  });

  it("takes silence for no routes", () => {
    expect(readRoutes("\n")).toEqual([]);
  });
});
