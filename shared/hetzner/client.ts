import { type FoundActions, getAction, listActions } from "./actions.ts";
import { getPricing, type ImageQuery, listImages, listLocations, listServerTypes } from "./catalogue.ts";
import type { CallOptions, HetznerOptions } from "./options.ts";
import { deletePrimaryIp, listPrimaryIps, type PrimaryIpQuery } from "./primary-ips.ts";
import {
  type AdoptOptions,
  type CreateLabelledServer,
  createOrAdoptServer,
  createOrAdoptSshKey,
  type SettledServer,
  type SettledSshKey,
} from "./read-back.ts";
import type { Action } from "./schemas/action.ts";
import type { Image, Location, Pricing, ServerType } from "./schemas/catalogue.ts";
import type { PrimaryIp } from "./schemas/primary-ip.ts";
import type { CreatedServer, Server } from "./schemas/server.ts";
import type { SshKey } from "./schemas/ssh-key.ts";
import {
  type CreateServer,
  createServer,
  deleteServer,
  getServer,
  listServers,
  powerOffServer,
  powerOnServer,
  type ServerQuery,
  updateServerLabels,
} from "./servers.ts";
import {
  type CreateSshKey,
  createSshKey,
  deleteSshKey,
  getSshKey,
  listSshKeys,
  type SshKeyQuery,
  type UpdateSshKey,
  updateSshKey,
} from "./ssh-keys.ts";
import { type CreatedActions, type WaitOptions, type WaitResult, waitForActions, waitForCreated } from "./wait.ts";
import { makeWire } from "./wire.ts";

type Labels = Readonly<Record<string, string>>;

/** All resources over one connection. Every method fails with `HetznerError`, or with the reason of the caller's signal. */
export interface Hetzner {
  servers: {
    create(input: CreateServer, options?: CallOptions): Promise<CreatedServer>;
    createOrAdopt(input: CreateLabelledServer, options?: AdoptOptions): Promise<SettledServer>;
    get(id: number, options?: CallOptions): Promise<Server | null>;
    list(query?: ServerQuery, options?: CallOptions): AsyncIterable<Server>;
    updateLabels(id: number, labels: Labels, options?: CallOptions): Promise<Server>;
    delete(id: number, options?: CallOptions): Promise<Action | null>;
    powerOn(id: number, options?: CallOptions): Promise<Action>;
    powerOff(id: number, options?: CallOptions): Promise<Action>;
  };
  sshKeys: {
    list(query?: SshKeyQuery, options?: CallOptions): AsyncIterable<SshKey>;
    get(id: number, options?: CallOptions): Promise<SshKey | null>;
    create(input: CreateSshKey, options?: CallOptions): Promise<SshKey>;
    createOrAdopt(input: CreateSshKey, options?: AdoptOptions): Promise<SettledSshKey>;
    update(id: number, input: UpdateSshKey, options?: CallOptions): Promise<SshKey>;
    delete(id: number, options?: CallOptions): Promise<boolean>;
  };
  actions: {
    get(id: number, options?: CallOptions): Promise<Action | null>;
    list(ids: readonly number[], options?: CallOptions): Promise<FoundActions>;
    wait(ids: readonly number[], options: WaitOptions): Promise<WaitResult>;
    waitForCreated(created: CreatedActions, options: WaitOptions): Promise<WaitResult>;
  };
  serverTypes: { list(options?: CallOptions): AsyncIterable<ServerType> };
  locations: { list(options?: CallOptions): AsyncIterable<Location> };
  images: { list(query?: ImageQuery, options?: CallOptions): AsyncIterable<Image> };
  pricing: { get(options?: CallOptions): Promise<Pricing> };
  primaryIps: {
    list(query?: PrimaryIpQuery, options?: CallOptions): AsyncIterable<PrimaryIp>;
    delete(id: number, options?: CallOptions): Promise<boolean>;
  };
}

/**
 * A client for one project.
 *
 * @throws HetznerError `invalid_request` of operation `client` for options that could never work
 */
export function makeHetzner(options: HetznerOptions): Hetzner {
  const wire = makeWire(options);
  return {
    servers: {
      create: (input, call) => createServer(wire, input, call),
      createOrAdopt: (input, call) => createOrAdoptServer(wire, input, call),
      get: (id, call) => getServer(wire, id, call),
      list: (query, call) => listServers(wire, query, call),
      updateLabels: (id, labels, call) => updateServerLabels(wire, id, labels, call),
      delete: (id, call) => deleteServer(wire, id, call),
      powerOn: (id, call) => powerOnServer(wire, id, call),
      powerOff: (id, call) => powerOffServer(wire, id, call),
    },
    sshKeys: {
      list: (query, call) => listSshKeys(wire, query, call),
      get: (id, call) => getSshKey(wire, id, call),
      create: (input, call) => createSshKey(wire, input, call),
      createOrAdopt: (input, call) => createOrAdoptSshKey(wire, input, call),
      update: (id, input, call) => updateSshKey(wire, id, input, call),
      delete: (id, call) => deleteSshKey(wire, id, call),
    },
    actions: {
      get: (id, call) => getAction(wire, id, call),
      list: (ids, call) => listActions(wire, ids, call),
      wait: (ids, wait) => waitForActions(wire, ids, wait),
      waitForCreated: (created, wait) => waitForCreated(wire, created, wait),
    },
    serverTypes: { list: (call) => listServerTypes(wire, call) },
    locations: { list: (call) => listLocations(wire, call) },
    images: { list: (query, call) => listImages(wire, query, call) },
    pricing: { get: (call) => getPricing(wire, call) },
    primaryIps: {
      list: (query, call) => listPrimaryIps(wire, query, call),
      delete: (id, call) => deletePrimaryIp(wire, id, call),
    },
  };
}
