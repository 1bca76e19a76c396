import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { stringify } from "yaml";
import type { HostSpec } from "../hetzner/index.ts";

/** The datacenter in each location, which the provider calls availability zone. */
const zones: Readonly<Record<string, string>> = {
  ash: "ash-dc1",
  fsn1: "fsn1-dc14",
  hel1: "hel1-dc2",
  hil: "hil-dc1",
  nbg1: "nbg1-dc3",
  sin: "sin-dc1",
};

/**
 * What a host is told at `path`; undefined: nothing is there. Names and formats: https://docs.hetzner.cloud/#server-metadata;
 * user data at the address at which cloud-init's DataSourceHetzner reads it.
 */
export function answerMetadata(spec: HostSpec, path: string): string | undefined {
  const values = {
    "availability-zone": zones[spec.location] ?? spec.location,
    hostname: spec.name,
    "instance-id": spec.serverId,
    "public-ipv4": spec.ipv4 ?? "",
    region: spec.networkZone,
  };
  const single = new Map(Object.entries(values).map(([name, value]) => [`/hetzner/v1/metadata/${name}`, `${value}`]));
  if (path === "/hetzner/v1/userdata") return spec.userData;
  if (path === "/hetzner/v1/metadata") return stringify(values);
  if (path === "/hetzner/v1/metadata/private-networks") return "[]\n";
  return single.get(path);
}

export interface MetadataListener {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves metadata on a free port of `address`. Who asks is told by the address that it asks from. */
export async function serveMetadata(
  address: string,
  findSpec: (ipv4: string) => HostSpec | undefined,
): Promise<MetadataListener> {
  const server = createServer((request, response) => answer(request, response, findSpec));
  server.listen(0, address);
  await once(server, "listening");
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("The metadata listener has no port.");
  return {
    port: bound.port,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function answer(
  { method, url = "", socket }: IncomingMessage,
  response: ServerResponse,
  findSpec: (ipv4: string) => HostSpec | undefined,
): void {
  const spec = findSpec(socket.remoteAddress ?? "");
  const text = method !== "GET" || spec === undefined ? undefined : answerMetadata(spec, url.replace(/\/$/, ""));
  response.writeHead(text === undefined ? 404 : 200, { "content-type": "text/plain; charset=utf-8" });
  response.end(text ?? "not found\n");
}
