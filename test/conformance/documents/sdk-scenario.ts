import { publicKey } from "../../../local/hetzner/fixture.ts";
import { type Hetzner, labelSelector } from "../../../shared/hetzner/index.ts";

/** What earlier steps made. */
interface Memory {
  server: number;
  key: number;
  actions: number[];
  freeIp: number;
}

/** One call of one operation, in the order of the table: later steps use what earlier ones made. */
type Step = (client: Hetzner, memory: Memory) => Promise<unknown>;

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found = [];
  for await (const item of items) found.push(item);
  return found;
}

const order = { serverType: "cx23", image: "debian-13", location: "fsn1" } as const;
const wholeOrder = {
  ...order,
  userData: "#cloud-config\n",
  startAfterCreate: true,
  publicNet: { enableIpv4: true, enableIpv6: false },
} as const;
/** Asks the simulator, in a name, to make the thing and to lose the answer: only then is there something to adopt. */
const lost = "bad-gateway-html-after-commit";
const labels = { managed_by: "test", run: "1" };

/** Every operation of the SDK by its name, with everything that it can send. */
export const steps: Readonly<Record<string, Step>> = {
  "sshKeys.create": async ({ sshKeys }, memory) => {
    memory.key = (await sshKeys.create({ name: "k", publicKey: publicKey(1), labels })).id;
  },
  "sshKeys.createOrAdopt": ({ sshKeys }) =>
    sshKeys.createOrAdopt({ name: `k-fault-sshkey-${lost}`, publicKey: publicKey(2), labels }),
  "sshKeys.get": ({ sshKeys }, { key }) => sshKeys.get(key),
  "sshKeys.list": ({ sshKeys }) =>
    all(sshKeys.list({ name: "k", fingerprint: "77:79", labelSelector: labelSelector({ run: "1" }) })),
  "sshKeys.update": ({ sshKeys }, { key }) => sshKeys.update(key, { name: "renamed", labels: {} }),
  "servers.create": async ({ servers }, memory) => {
    const made = await servers.create({ name: "web", sshKeys: [memory.key], labels, ...wholeOrder });
    memory.server = made.server.id;
    memory.actions = [made.action.id, ...made.nextActions.map(({ id }) => id)];
    await servers.create({ name: "by-id", ...order, serverType: 114, image: 114_690_387, sshKeys: ["renamed"] });
  },
  "servers.createOrAdopt": ({ servers }) => servers.createOrAdopt({ name: `web-fault-${lost}`, labels, ...order }),
  "servers.list": ({ servers }) =>
    all(servers.list({ name: "web", labelSelector: labelSelector({ managed_by: "test" }) })),
  "actions.get": ({ actions }, memory) => actions.get(memory.actions[0] ?? 0),
  "actions.list": ({ actions }, memory) => actions.list(memory.actions),
  "actions.wait": ({ actions }, memory) => actions.wait(memory.actions, { deadlineMs: 60_000 }),
  "actions.waitForCreated": async ({ actions, servers }) =>
    actions.waitForCreated(await servers.create({ name: "waited-for", ...order }), { deadlineMs: 60_000 }),
  "servers.get": ({ servers }, { server }) => servers.get(server),
  "servers.updateLabels": ({ servers }, { server }) => servers.updateLabels(server, { a: "b" }),
  "servers.powerOff": async ({ servers, actions }, { server }) =>
    actions.wait([(await servers.powerOff(server)).id], { deadlineMs: 60_000 }),
  "servers.powerOn": async ({ servers, actions }, { server }) =>
    actions.wait([(await servers.powerOn(server)).id], { deadlineMs: 60_000 }),
  "servers.delete": ({ servers }, { server }) => servers.delete(server),
  "sshKeys.delete": ({ sshKeys }, { key }) => sshKeys.delete(key),
  "serverTypes.list": ({ serverTypes }) => all(serverTypes.list()),
  "locations.list": ({ locations }) => all(locations.list()),
  "images.list": ({ images }) =>
    all(images.list({ architecture: "x86", type: "system", name: "debian-13", includeDeprecated: true })),
  "pricing.get": ({ pricing }) => pricing.get(),
  "primaryIps.list": ({ primaryIps }) =>
    all(primaryIps.list({ name: "a", ip: "198.18.0.1", labelSelector: labelSelector({ a: "b" }) })),
  "primaryIps.delete": ({ primaryIps }, { freeIp }) => primaryIps.delete(freeIp),
};

/** Makes every call, in order. `play` lets the work of one go on. */
export async function runScenario(
  client: Hetzner,
  freeIp: number,
  play: (work: Promise<unknown>) => Promise<unknown>,
): Promise<void> {
  const memory: Memory = { server: 0, key: 0, actions: [], freeIp };
  for (const step of Object.values(steps)) await play(step(client, memory));
}
