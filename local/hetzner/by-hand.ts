import { linkAddress, makePrimaryIp } from "./addresses.ts";
import { findType } from "./catalogue.ts";
import { faultSchema } from "./fault-kinds.ts";
import { deleteByHand } from "./lifecycle.ts";
import type { ServerRecord } from "./records.ts";
import type { Core, Simulator } from "./simulator.ts";
import { findToken, revoke } from "./tokens.ts";
import { takeId, type World } from "./world.ts";

/** Puts a running server of somebody else into a project and gives its id. */
function addForeignServer(world: World, wanted: Parameters<Simulator["addServer"]>[0], nowMs: number): number {
  const id = takeId(world.data, "server");
  const { project, name, labels = {} } = wanted;
  const type = findType("cx23");
  const location = "fsn1";
  const server: ServerRecord = {
    id,
    project,
    name,
    labels,
    status: "running",
    createdMs: nowMs,
    serverTypeId: type.id,
    diskGb: type.disk,
    location,
    image: { id: 114_690_387, name: "debian-12" },
    protection: { delete: false, rebuild: false },
    backupWindow: null,
    rescueEnabled: false,
    ipv4Id: null,
    ipv6Id: null,
    userData: "",
    authorizedKeys: [],
    hiddenUntilMs: 0,
  };
  world.data.servers.push(server);
  const address = { project, type: "ipv4", location, createdMs: nowMs, autoDelete: true } as const;
  linkAddress(server, makePrimaryIp(world, address));
  return id;
}

type ByHand = Pick<
  Simulator,
  | "plan"
  | "clearPlan"
  | "forgetRequests"
  | "deleteByHand"
  | "unprotect"
  | "revokeToken"
  | "addServer"
  | "addPrimaryIp"
  | "hostFault"
  | "setStock"
>;

/** What a test or a person changes beside the API. */
export function makeByHand({ world, log, driver, tick }: Core): ByHand {
  const { data } = world;
  return {
    plan: (fault) => {
      data.plan.push({ fault: faultSchema.parse(fault), matched: 0 });
    },
    clearPlan: () => {
      data.plan = [];
    },
    forgetRequests: () => log.forget(),
    deleteByHand: (serverId) => {
      const deleted = deleteByHand(world, serverId, tick());
      tick();
      return deleted;
    },
    unprotect: (serverId) => {
      const server = data.servers.find((candidate) => candidate.id === serverId);
      if (server !== undefined) server.protection = { delete: false, rebuild: false };
      return server !== undefined;
    },
    revokeToken: (value) => {
      const token = findToken(world.projects, value);
      if (token !== null) revoke(world, token);
      return token !== null;
    },
    addServer: (server) => addForeignServer(world, server, tick()),
    addPrimaryIp: ({ project }) =>
      makePrimaryIp(world, { project, type: "ipv4", location: "fsn1", createdMs: tick() }).id,
    hostFault: async (serverId, fault) => {
      tick();
      const server = data.servers.find((candidate) => candidate.id === serverId);
      return server === undefined ? "no_server" : driver.fault(server, fault);
    },
    setStock: ({ serverType, location, available, inStock }) => {
      const key = `${serverType}@${location}`;
      if (available !== undefined) data.stock.flags[key] = available;
      if (inStock !== undefined) data.stock.real[key] = inStock;
    },
  };
}
