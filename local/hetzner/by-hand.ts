import { linkAddress, makePrimaryIp } from "./addresses.ts";
import { taken } from "./api-error.ts";
import { checkLabels } from "./call.ts";
import { findType, locations, typeRows } from "./catalogue.ts";
import { type Fault, faultSchema } from "./fault-kinds.ts";
import { deleteByHand } from "./lifecycle.ts";
import { commands, type ServerRecord } from "./records.ts";
import { checkServerName } from "./routes/server-create.ts";
import { isRoute } from "./routes/table.ts";
import type { Core, Simulator } from "./simulator.ts";
import { findToken, revoke } from "./tokens.ts";
import { ownOf, takeId, type World } from "./world.ts";

function checkProject({ projects }: World, name: string): void {
  if (!projects.some((project) => project.name === name)) throw new Error(`no such project: ${name}`);
}

/** A fault as it is planned. A typo in what it is about would make it a fault that never comes. */
function readFault(wanted: Fault): Fault {
  const fault = faultSchema.parse(wanted);
  const { method, route, command } = fault;
  if (!isRoute({ method, route })) throw new Error(`no such route: ${[method, route].join(" ").trim()}`);
  if (command !== undefined && !commands.some((known) => known === command)) {
    throw new Error(`no such command: ${command}`);
  }
  return fault;
}

/** Puts a running server of somebody else into a project and gives its id. */
function addForeignServer(world: World, wanted: Parameters<Simulator["addServer"]>[0], nowMs: number): number {
  const { project, name, labels = {} } = wanted;
  checkProject(world, project);
  checkServerName(name);
  checkLabels(labels);
  if (ownOf(world.data.servers, project).some((server) => server.name === name))
    throw taken("server name is already used");
  const id = takeId(world.data, "server");
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
  const address = { project, type: "ipv4", location, createdMs: nowMs, autoDelete: true } as const;
  linkAddress(server, makePrimaryIp(world, address));
  world.data.servers.push(server);
  return id;
}

/** By name only: an id would be written down as a stock that nobody asks for. */
function named<T extends { readonly name: string }>(what: string, items: readonly T[], name: string): T {
  const item = items.find((candidate) => candidate.name === name);
  if (item === undefined) throw new Error(`no such ${what}: ${name}`);
  return item;
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
    plan: (...faults) => {
      data.plan.push(...faults.map((fault) => ({ fault: readFault(fault), matched: 0 })));
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
    addPrimaryIp: ({ project }) => {
      checkProject(world, project);
      return makePrimaryIp(world, { project, type: "ipv4", location: "fsn1", createdMs: tick() }).id;
    },
    hostFault: async (serverId, fault) => {
      tick();
      const server = data.servers.find((candidate) => candidate.id === serverId);
      return server === undefined ? "no_server" : driver.fault(server, fault);
    },
    setStock: ({ serverType, location, available, inStock }) => {
      if (available === undefined && inStock === undefined) throw new Error("say available, inStock or both");
      const key = `${named("server type", typeRows, serverType).name}@${named("location", locations, location).name}`;
      if (available !== undefined) data.stock.flags[key] = available;
      if (inStock !== undefined) data.stock.real[key] = inStock;
    },
  };
}
