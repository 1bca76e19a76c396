import { expect, test } from "vitest";
import { at, makeFixture, numberAt } from "./fixture.ts";

const ipv4 = { ipv4Prefix: "10.77.5" };
const roomy = (limits: { primaryIpLimit?: number } = {}) => ({
  ipv4,
  projects: [{ name: "demo", tokens: [{ value: "t", permission: "rw" as const }], serverLimit: 300, ...limits }],
});
const token = { token: "t" };
const noIpv6 = { enable_ipv4: true, enable_ipv6: false };
const order = (name: string) => ({ name, server_type: "cx23", image: "debian-13", public_net: noIpv6 });

test("a prefix of three octets gives .1 to .253, then 412, and nothing is left of a refused order", async () => {
  const { clock, call, simulator } = makeFixture(roomy({ primaryIpLimit: 300 }));
  const given = [];
  for (let n = 1; n <= 253; n += 1) {
    given.push(at((await call("POST", "/servers", order(`s${n}`), token)).body, "server.public_net.ipv4.ip"));
  }
  expect([given.at(0), given.at(-1), new Set(given).size]).toEqual(["10.77.5.1", "10.77.5.253", 253]);
  await clock.advance(5000);
  const before = simulator.state().projects;
  const refused = await call("POST", "/servers", order("one-too-many"), token);
  expect(refused).toMatchObject({ status: 412, body: { error: { code: "resource_unavailable" } } });
  const address = { type: "ipv4", location: "fsn1" };
  expect((await call("POST", "/primary_ips", { name: "a", ...address }, token)).status).toBe(412);
  expect(() => simulator.addServer({ project: "demo", name: "foreign" })).toThrow("no more IP addresses");
  expect(() => simulator.addPrimaryIp({ project: "demo" })).toThrow("no more IP addresses");
  expect(simulator.state().projects).toEqual(before);
});

test("a freed address is given out again, and an order without IPv4 needs none", async () => {
  const { clock, call, create } = makeFixture({ ipv4 });
  const first = numberAt((await create("one")).body, "server.id");
  await create("two");
  await clock.advance(5000);
  await call("DELETE", `/servers/${first}`);
  await clock.advance(5000);
  expect(at((await create("three")).body, "server.public_net.ipv4.ip")).toBe("10.77.5.1");
  const bare = await create("four", { public_net: { enable_ipv4: false } });
  expect(at(bare.body, "server.public_net.ipv4")).toBeNull();
});

test("a prefix of two octets goes on in the next network", async () => {
  const { call } = makeFixture({ ...roomy({ primaryIpLimit: 300 }), ipv4: { ipv4Prefix: "10.77" } });
  const given = [];
  for (let n = 1; n <= 254; n += 1) {
    const made = await call("POST", "/primary_ips", { name: `a${n}`, type: "ipv4", location: "fsn1" }, token);
    given.push(at(made.body, "primary_ip.ip"));
  }
  expect(given.slice(-2)).toEqual(["10.77.0.253", "10.77.1.1"]);
});
