import { at, type Fixture, makeFixture, numberAt, publicKey, startMs } from "../../../local/hetzner/fixture.ts";

/** A request that succeeds. */
export interface Example {
  readonly path: string;
  readonly body?: unknown;
}

/** Ids and addresses of a project with something for every route. */
interface Stock {
  /** Runs, with a key and both addresses. */
  readonly web: number;
  readonly webIp: string;
  /** Off and without an IPv4 address; the other is off and has one, backups and rescue. */
  readonly bare: number;
  readonly spare: number;
  readonly spareIp: number;
  readonly key: number;
  readonly freeIp: number;
  readonly freeIpText: string;
  readonly snapshot: number;
  readonly serverAction: number;
  readonly imageAction: number;
  readonly addressAction: number;
}

async function stockUp({ call, create, clock, simulator }: Fixture): Promise<Stock> {
  const key = await call("POST", "/ssh_keys", { name: "k", public_key: publicKey(1), labels: { a: "b" } });
  const made = await create("web", { ssh_keys: ["k"], labels: { a: "b" } });
  const bare = await create("bare", { start_after_create: false, public_net: { enable_ipv4: false } });
  const spare = await create("spare", { start_after_create: false });
  const freeIp = simulator.addPrimaryIp({ project: "demo" });
  await clock.advance(5_000);
  const [web, spareId] = [numberAt(made.body, "server.id"), numberAt(spare.body, "server.id")];
  const imaged = await call("POST", `/servers/${web}/actions/create_image`, { description: "before the change" });
  const protectedIp = await call("POST", `/primary_ips/${freeIp}/actions/change_protection`, { delete: false });
  for (const [verb, body] of [["enable_backup"], ["enable_rescue", { type: "linux64" }]] as const) {
    await call("POST", `/servers/${spareId}/actions/${verb}`, body);
    await clock.advance(5_000);
  }
  const address = await call("GET", `/primary_ips/${freeIp}`);
  return {
    web,
    webIp: String(at(made.body, "server.public_net.ipv4.ip")),
    bare: numberAt(bare.body, "server.id"),
    spare: spareId,
    spareIp: numberAt(spare.body, "server.public_net.ipv4.id"),
    key: numberAt(key.body, "ssh_key.id"),
    freeIp,
    freeIpText: String(at(address.body, "primary_ip.ip")),
    snapshot: numberAt(imaged.body, "image.id"),
    serverAction: numberAt(made.body, "action.id"),
    imageAction: numberAt(imaged.body, "action.id"),
    addressAction: numberAt(protectedIp.body, "action.id"),
  };
}

const day = (offsetMs: number) => new Date(startMs + offsetMs).toISOString();
const systemImage = 114_690_387;

/** What is not simply "the first thing of that kind, without a body". */
const special: Readonly<Record<string, (stock: Stock) => Partial<Example>>> = {
  "POST /servers": () => ({ body: { name: "new", server_type: "cax11", image: "ubuntu-24.04" } }),
  "PUT /servers/{id}": () => ({ body: { labels: {} } }),
  "GET /servers/{id}/metrics": ({ web }) => ({
    path: `/servers/${web}/metrics?type=cpu&type=disk&type=network&start=${day(-600_000)}&end=${day(0)}`,
  }),
  "POST /servers/{id}/actions/poweron": ({ spare }) => ({ path: `/servers/${spare}/actions/poweron` }),
  "POST /servers/{id}/actions/rebuild": () => ({ body: { image: "debian-12" } }),
  "POST /servers/{id}/actions/change_type": ({ bare }) => ({
    path: `/servers/${bare}/actions/change_type`,
    body: { server_type: "cx33", upgrade_disk: false },
  }),
  "POST /servers/{id}/actions/change_protection": () => ({ body: { delete: true, rebuild: true } }),
  "POST /servers/{id}/actions/change_dns_ptr": ({ webIp }) => ({ body: { ip: webIp, dns_ptr: "a.example.com" } }),
  "POST /servers/{id}/actions/enable_rescue": ({ key }) => ({ body: { type: "linux64", ssh_keys: [key] } }),
  "POST /servers/{id}/actions/disable_rescue": ({ spare }) => ({ path: `/servers/${spare}/actions/disable_rescue` }),
  "POST /servers/{id}/actions/disable_backup": ({ spare }) => ({ path: `/servers/${spare}/actions/disable_backup` }),
  "POST /servers/{id}/actions/create_image": () => ({ body: { type: "snapshot", labels: { a: "b" } } }),
  "POST /ssh_keys": () => ({ body: { name: "new", public_key: publicKey(2) } }),
  "PUT /ssh_keys/{id}": () => ({ body: { name: "renamed" } }),
  "GET /actions": ({ serverAction, imageAction }) => ({ path: `/actions?id=${serverAction}&id=${imageAction}` }),
  "GET /images/{id}": () => ({ path: `/images/${systemImage}` }),
  "PUT /images/{id}": () => ({ body: { description: "changed", labels: { c: "d" } } }),
  "POST /images/{id}/actions/change_protection": () => ({ body: { delete: true } }),
  "POST /primary_ips": () => ({ body: { name: "new", type: "ipv6", assignee_type: "server", location: "fsn1" } }),
  "PUT /primary_ips/{id}": () => ({ body: { name: "renamed", auto_delete: false, labels: {} } }),
  "POST /primary_ips/{id}/actions/assign": ({ bare }) => ({ body: { assignee_id: bare, assignee_type: "server" } }),
  "POST /primary_ips/{id}/actions/unassign": ({ spareIp }) => ({ path: `/primary_ips/${spareIp}/actions/unassign` }),
  "POST /primary_ips/{id}/actions/change_dns_ptr": ({ freeIpText }) => ({
    body: { ip: freeIpText, dns_ptr: "b.example.com" },
  }),
  "POST /primary_ips/{id}/actions/change_protection": () => ({ body: { delete: true } }),
};

/** Which id stands for `{id}`, by the first part of the route. */
const firstOf = (stock: Stock): Readonly<Record<string, number>> => ({
  servers: stock.web,
  ssh_keys: stock.key,
  actions: stock.serverAction,
  server_types: 114,
  locations: 1,
  images: stock.snapshot,
  primary_ips: stock.freeIp,
});
const actionOf = (stock: Stock): Readonly<Record<string, number>> => ({
  servers: stock.serverAction,
  images: stock.imageAction,
  primary_ips: stock.addressAction,
});

function exampleOf(method: string, route: string, stock: Stock): Example {
  const kind = route.split("/")[1] ?? "";
  const ofAction = String(actionOf(stock)[kind] ?? stock.serverAction);
  const id = route.startsWith(`/${kind}/actions/`) ? ofAction : String(firstOf(stock)[kind]);
  const path = route.replace("{id}", id).replace("{action_id}", ofAction);
  return { path, ...special[`${method} ${route}`]?.(stock) };
}

/** A fresh project and a request that succeeds in it. */
export async function makeExample(method: string, route: string): Promise<{ fixture: Fixture; example: Example }> {
  const fixture = makeFixture();
  const stock = await stockUp(fixture);
  await fixture.clock.advance(5_000);
  return { fixture, example: exampleOf(method, route, stock) };
}
