import { expect, test } from "vitest";
import { makeFixture, numberAt, publicKey } from "./fixture.ts";
import type { HostSpec, Hosts } from "./options.ts";

function makeHosts(wait: () => Promise<void> = async () => undefined) {
  const calls: string[] = [];
  const booted: HostSpec[] = [];
  const hosts: Hosts = {
    boot: async (host) => {
      calls.push(`boot ${host.serverId} at ${host.ipv4}`);
      booted.push(host);
      await wait();
      calls.push(`up ${host.serverId}`);
    },
    shutdown: async (id) => void calls.push(`shutdown ${id}`),
    reboot: async (id) => void calls.push(`reboot ${id}`),
    stop: async (id) => void calls.push(`stop ${id}`),
    destroy: async (id) => void calls.push(`destroy ${id}`),
  };
  return { calls, booted, hosts };
}

test("a host boots at the instant its start action ends, though nobody asks", async () => {
  const { calls, booted, hosts } = makeHosts();
  const { clock, create, call } = makeFixture({ hosts, ipv4: { ipv4Prefix: "127.77" } });
  await call("POST", "/ssh_keys", { name: "k", public_key: publicKey(1) });
  const id = numberAt((await create("web", { ssh_keys: ["k"], user_data: "#cloud-config" })).body, "server.id");
  await clock.advance(1999);
  expect(calls).toEqual([]);
  await clock.advance(1);
  expect(calls).toEqual([`boot ${id} at 127.77.0.1`, `up ${id}`]);
  expect(booted).toEqual([
    {
      serverId: id,
      name: "web",
      ipv4: "127.77.0.1",
      userData: "#cloud-config",
      authorizedKeys: [publicKey(1)],
      image: "debian-13",
      location: "fsn1",
      networkZone: "eu-central",
    },
  ]);
});

test("power verbs and delete reach the host", async () => {
  const { calls, hosts } = makeHosts();
  const { clock, create, call } = makeFixture({ hosts });
  const id = numberAt((await create("web")).body, "server.id");
  for (const verb of ["poweroff", "poweron", "reboot"]) {
    await clock.advance(2000);
    await call("POST", `/servers/${id}/actions/${verb}`);
  }
  await clock.advance(2000);
  await call("DELETE", `/servers/${id}`);
  await clock.advance(1000);
  const words = calls.map((line) => line.split(" ")[0]);
  expect(words).toEqual(["boot", "up", "stop", "boot", "up", "reboot", "destroy"]);
});

test("the next server at an address boots only when the last one is gone", async () => {
  let letGo = () => {};
  const slowBoot = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const { calls, hosts } = makeHosts(() => slowBoot);
  const { clock, create, simulator } = makeFixture({ hosts, ipv4: { ipv4Prefix: "127.77" } });
  const first = numberAt((await create("one")).body, "server.id");
  await clock.advance(2000);
  simulator.deleteByHand(first);
  const second = numberAt((await create("two")).body, "server.id");
  await clock.advance(2000);
  expect(calls).toEqual([`boot ${first} at 127.77.0.1`]);
  letGo();
  await clock.advance(0);
  await simulator.close();
  expect(calls).toEqual([
    `boot ${first} at 127.77.0.1`,
    `up ${first}`,
    `destroy ${first}`,
    `boot ${second} at 127.77.0.1`,
    `up ${second}`,
  ]);
});

test("a host that does not boot changes nothing at the API and is noted", async () => {
  const { hosts } = makeHosts(() => Promise.reject(new Error("no such address")));
  const { clock, create, simulator } = makeFixture({ hosts });
  const id = numberAt((await create("web")).body, "server.id");
  await clock.advance(3000);
  expect(simulator.state().hostFailures).toEqual([`boot of server ${id}: no such address`]);
  expect(simulator.serverByName("web")?.status).toBe("running");
});

test("a server that stays off or is made by a late commit is booted accordingly", async () => {
  const { calls, hosts } = makeHosts();
  const { clock, create } = makeFixture({ hosts });
  await create("a-fault-stays-off");
  await create("b-fault-commits-late-90s");
  await clock.advance(91_999);
  expect(calls).toEqual([]);
  await clock.advance(1);
  expect(calls).toHaveLength(2);
});

test("a simulator that was closed wakes nobody", async () => {
  const { calls, hosts } = makeHosts();
  const { clock, create, simulator } = makeFixture({ hosts });
  await create("web");
  await simulator.close();
  await clock.advance(60_000);
  expect([calls, clock.sleepers()]).toEqual([[], 0]);
});

test("after a restart those machines are booted that should be up: not one that was shutting down", async () => {
  const first = makeFixture();
  const ids: Record<string, number> = {};
  for (const name of ["up", "off", "shutting-down", "rebooting", "resetting"]) {
    ids[name] = numberAt((await first.create(name)).body, "server.id");
  }
  await first.clock.advance(5000);
  const verb = (name: string, word: string) => first.call("POST", `/servers/${ids[name]}/actions/${word}`);
  await verb("off", "poweroff");
  await first.clock.advance(1000);
  await verb("shutting-down", "shutdown");
  await verb("rebooting", "reboot");
  await verb("resetting", "reset");
  const { calls, hosts } = makeHosts();
  const again = makeFixture({ hosts, snapshot: first.simulator.snapshot() });
  await again.clock.advance(0);
  const started = () => calls.filter((line) => !line.startsWith("up")).map((line) => line.split(" at ")[0]);
  expect(started().toSorted()).toEqual([`boot ${ids.up}`, `boot ${ids.rebooting}`].toSorted());
  await again.clock.advance(10_000);
  expect(started().slice(2).toSorted()).toEqual([`boot ${ids.resetting}`, `reboot ${ids.rebooting}`].toSorted());
  const statuses = again.simulator.state().projects[0]?.servers.map((server) => `${server.name} ${server.status}`);
  expect(statuses).toEqual(["up running", "off off", "shutting-down off", "rebooting running", "resetting running"]);
});
