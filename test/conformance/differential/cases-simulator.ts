/** What the simulator answers, read by both clients: lists of every kind, and one of each thing. */
import { makeFixture, numberAt, publicKey } from "../../../local/hetzner/fixture.ts";
import type { Case } from "./outcome.ts";

const jsonType = { "Content-Type": "application/json" };

export async function simulatorCases(): Promise<Case[]> {
  const { call, create, clock, simulator } = makeFixture();
  const key = await call("POST", "/ssh_keys", { name: "k", public_key: publicKey(1), labels: { a: "b" } });
  const made = await create("web", { ssh_keys: ["k"], labels: { a: "b" } });
  await create("plain", { public_net: { enable_ipv4: false } });
  const failing = await create("web-fault-start-failed");
  await clock.advance(5_000);
  simulator.addPrimaryIp({ project: "demo" });
  const id = (seen: typeof made, path: string): number => numberAt(seen.body, path);
  const asked = [
    ["servers.list", {}, "/servers"],
    ["servers.get", { id: id(made, "server.id") }, `/servers/${id(made, "server.id")}`],
    ["servers.get", { id: 1 }, "/servers/1"],
    ["sshKeys.list", {}, "/ssh_keys"],
    ["sshKeys.get", { id: id(key, "ssh_key.id") }, `/ssh_keys/${id(key, "ssh_key.id")}`],
    ["actions.get", { id: id(made, "action.id") }, `/actions/${id(made, "action.id")}`],
    ["actions.wait", { ids: [id(failing, "action.id")] }, `/actions?id=${id(failing, "action.id")}`],
    ["serverTypes.list", {}, "/server_types?per_page=50"],
    ["locations.list", {}, "/locations"],
    ["images.list", {}, "/images?per_page=50"],
    ["pricing.get", {}, "/pricing"],
    ["primaryIps.list", {}, "/primary_ips"],
  ] as const;
  return Promise.all(
    asked.map(async ([operation, args, path]) => {
      const { status, text } = await call("GET", path);
      const answers = [{ status, raw: text, headers: jsonType }];
      return { name: `the simulator's GET ${path}`, operation, args, answers };
    }),
  );
}
