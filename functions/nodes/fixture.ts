/** The words the tests of this folder are written in: the real edge and handlers over a table in memory, every AWS call counted. */
import type { JobMessage } from "../../contracts/messages.ts";
import type { Catalogue } from "../../shared/domain/catalogue.ts";
import { disconnectedProvider, type ProviderRecord } from "../../shared/domain/provider.ts";
import { newId } from "../../shared/ids.ts";
import { makeLog } from "../../shared/log.ts";
import type { Queue } from "../../shared/queue.ts";
import { toItem } from "../../shared/store/items.ts";
import { keys } from "../../shared/store/keys.ts";
import { putCatalogue } from "../../shared/store/providers.ts";
import type { Table } from "../../shared/store/table.ts";
import { type HttpResponse, serve } from "../http/edge.ts";
import { buildGatewayEvent, type GatewayRequest } from "../http/gateway-event.ts";
import { makeWorld } from "../http/testing.ts";
import { makeNodesHandlers } from "./handlers.ts";

export const installation = "018f0000-0000-7000-8000-0000000000aa";
const defaults = { serverType: "cx23", location: "nbg1", image: "debian-12", sshPort: 2222, sshUser: "root" };

const connected = (nowMs: number): ProviderRecord => ({
  ...disconnectedProvider("hetzner", nowMs),
  status: "connected",
  tokenSecret: "pressluft/i/token/1",
  tokenVerified: true,
  managedKey: {
    secretName: "pressluft/i/ssh-key/hetzner",
    publicKey: "ssh-ed25519 A",
    fingerprintMd5: "aa",
    hetznerId: 1,
  },
});

/** Two types, two locations, one image: enough to be refused in every way. */
const catalogueAt = (fetchedAtMs: number): Catalogue => {
  const place = (name: string) => ({ name, description: name, country: "DE", city: name, networkZone: "eu-central" });
  const offer = { available: true, recommended: true, deprecation: null, monthlyCents: 499 };
  const type = { description: "", cpuType: "shared", cores: 2, memoryGb: 4, diskGb: 40 };
  return {
    fetchedAtMs,
    locations: [place("nbg1"), place("hel1")],
    serverTypes: [
      { ...type, name: "cx23", architecture: "x86", locations: [{ ...offer, name: "nbg1" }] },
      { ...type, name: "cax11", architecture: "arm", locations: [{ ...offer, name: "nbg1", available: false }] },
    ],
    images: [
      {
        name: "debian-12",
        description: "",
        architecture: "x86",
        osFlavor: "debian",
        osVersion: "12",
        deprecatedAtMs: null,
      },
    ],
  };
};

/** A connected provider with a fresh catalogue. `sends` fails when told to. */
export const makeNodesFixture = async () => {
  const world = await makeWorld();
  const { table: stored, startMs } = world;
  const calls: string[] = [];
  const sent: JobMessage[] = [];
  const lines: string[] = [];
  let nowMs = startMs;
  let queueFails = false;
  let meanwhile: (() => Promise<unknown>) | undefined;
  const counted = <T>(name: string, call: () => Promise<T>): Promise<T> => {
    calls.push(name);
    return call();
  };
  const table: Table = {
    get: (key) => counted(`GetItem ${key.pk.split("#")[0]}`, () => stored.get(key)),
    query: (query) => counted(`Query ${query.pk}`, () => stored.query(query)),
    write: (...writes) =>
      counted(`Write of ${writes.length}`, async () => {
        await meanwhile?.();
        meanwhile = undefined;
        return stored.write(...writes);
      }),
  };
  const queue: Queue = {
    send: (message, delayMs) =>
      counted(`SendMessage after ${delayMs}`, async () => {
        if (queueFails) throw new Error("the queue does not answer");
        sent.push(message);
      }),
  };
  const log = makeLog(
    "test",
    () => nowMs,
    (line) => lines.push(line),
  );
  const handlers = makeNodesHandlers({ table, queue, log, newId, defaults });
  const handler = serve("nodes", handlers, { table, now: () => nowMs, log, cookieSecure: true });
  const putProvider = (provider: ProviderRecord) => stored.write({ put: toItem(keys.provider("hetzner"), provider) });
  await putProvider(connected(startMs));
  await stored.write({ put: { ...keys.installation(), id: installation } });
  await putCatalogue(stored, "hetzner", catalogueAt(startMs));

  return {
    table: stored,
    startMs,
    calls,
    sent,
    lines,
    putProvider,
    connected: () => connected(startMs),
    forgetCatalogue: () => stored.write({ delete: keys.catalogue("hetzner") }),
    advance: (ms: number) => {
      nowMs += ms;
    },
    /** What somebody else does right before the next write. */
    meanwhile: (act: () => Promise<unknown>) => {
      meanwhile = act;
    },
    breakQueue: () => {
      queueFails = true;
    },
    send: (request: GatewayRequest): Promise<HttpResponse> => handler(buildGatewayEvent("aws", request), {}),
  };
};
export type NodesFixture = Awaited<ReturnType<typeof makeNodesFixture>>;
