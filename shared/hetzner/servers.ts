import * as z from "zod/mini";
import type { CallOptions } from "./options.ts";
import { listAll, meta } from "./pages.ts";
import { type Action, actionAnswer } from "./schemas/action.ts";
import { type CreatedServer, createdServerSchema, type Server, serverAnswer, serverSchema } from "./schemas/server.ts";
import { absentAsNull, idPath, type Wire } from "./wire.ts";

/** https://docs.hetzner.cloud/#servers-create-a-server. What is left out is Hetzner's default. */
export interface CreateServer {
  /** Unique in the project, a host name (RFC 1123): letters, digits, `-`, `.`. */
  name: string;
  /** Name or id. */
  serverType: string | number;
  /** Name or id; a name is resolved for the architecture of the server type. */
  image: string | number;
  /** Name; without it Hetzner chooses. */
  location?: string | undefined;
  /** Ids or names. Without any, Hetzner mails a root password. */
  sshKeys?: readonly (number | string)[] | undefined;
  /** cloud-init, at most 32 KiB. Hetzner keeps it, and the server can read it: no lasting secrets. */
  userData?: string | undefined;
  labels?: Readonly<Record<string, string>> | undefined;
  /** Default true. */
  startAfterCreate?: boolean | undefined;
  /** Both families are said, since the API takes a missing one as its default and not as the other's opposite. */
  publicNet?: { enableIpv4: boolean; enableIpv6: boolean } | undefined;
}

export interface ServerQuery {
  /** Exact. */
  name?: string | undefined;
  /** See `labelSelector`. */
  labelSelector?: string | undefined;
}

/**
 * Orders a server. Await the action and every next action before using it.
 *
 * On an error with effect `unknown` the server may exist: look for its name and labels before sending again.
 */
export function createServer(wire: Wire, input: CreateServer, options?: CallOptions): Promise<CreatedServer> {
  const request = { operation: "servers.create", method: "POST", path: "/servers", body: createBody(input) } as const;
  return wire.ask(request, createdServerSchema, options);
}

function createBody({ name, image, location, labels, ...input }: CreateServer) {
  return {
    name,
    server_type: input.serverType,
    image,
    location,
    ssh_keys: input.sshKeys,
    user_data: input.userData,
    labels,
    start_after_create: input.startAfterCreate,
    public_net: input.publicNet && {
      enable_ipv4: input.publicNet.enableIpv4,
      enable_ipv6: input.publicNet.enableIpv6,
    },
  };
}

/** Null when Hetzner says that there is none. */
export async function getServer(wire: Wire, id: number, options?: CallOptions): Promise<Server | null> {
  const operation = "servers.get";
  const path = `/servers/${idPath(operation, id)}`;
  const answer = await absentAsNull(wire.ask({ operation, method: "GET", path }, serverAnswer, options));
  return answer?.server ?? null;
}

/** Servers of the project, all of them without a query. */
export function listServers(wire: Wire, query: ServerQuery = {}, options?: CallOptions): AsyncGenerator<Server> {
  return listAll(
    wire,
    {
      operation: "servers.list",
      path: "/servers",
      query: { name: query.name, label_selector: query.labelSelector },
      page: z.object({ servers: z.array(serverSchema), meta }),
      items: (page) => page.servers,
    },
    options,
  );
}

/** Replaces ALL labels of the server. */
export async function updateServerLabels(
  wire: Wire,
  id: number,
  labels: Readonly<Record<string, string>>,
  options?: CallOptions,
): Promise<Server> {
  const operation = "servers.updateLabels";
  const path = `/servers/${idPath(operation, id)}`;
  const answer = await wire.ask({ operation, method: "PUT", path, body: { labels } }, serverAnswer, options);
  return answer.server;
}

/** The delete action, or null when Hetzner says that there is no such server. The name stays taken until the action ends. */
export async function deleteServer(wire: Wire, id: number, options?: CallOptions): Promise<Action | null> {
  const operation = "servers.delete";
  const path = `/servers/${idPath(operation, id)}`;
  const answer = await absentAsNull(wire.ask({ operation, method: "DELETE", path }, actionAnswer, options));
  return answer?.action ?? null;
}

/** Starts a server that is off. */
export function powerOnServer(wire: Wire, id: number, options?: CallOptions): Promise<Action> {
  return startAction(wire, { operation: "servers.powerOn", id, name: "poweron" }, options);
}

/** Cuts the power, as pulling the plug does. */
export function powerOffServer(wire: Wire, id: number, options?: CallOptions): Promise<Action> {
  return startAction(wire, { operation: "servers.powerOff", id, name: "poweroff" }, options);
}

interface ServerAction {
  readonly operation: string;
  readonly id: number;
  readonly name: string;
}

async function startAction(wire: Wire, { operation, id, name }: ServerAction, options?: CallOptions): Promise<Action> {
  const path = `/servers/${idPath(operation, id)}/actions/${name}`;
  const answer = await wire.ask({ operation, method: "POST", path }, actionAnswer, options);
  return answer.action;
}
