import { ApiError } from "../api-error.ts";
import type { Call, Handler } from "../call.ts";
import {
  type Acting,
  getAction,
  getActionOf,
  getActionOfKind,
  listActions,
  listActionsOf,
  listActionsOfKind,
} from "./actions.ts";
import { getLocation, getPricing, getServerType, listLocations, listServerTypes } from "./catalogue.ts";
import { changeImageProtection, deleteImage, findAnyImage, getImage, listImages, updateImage } from "./images.ts";
import {
  assignPrimaryIp,
  changePrimaryIpDnsPtr,
  changePrimaryIpProtection,
  unassignPrimaryIp,
} from "./primary-ip-actions.ts";
import {
  createPrimaryIp,
  deletePrimaryIp,
  findPrimaryIp,
  getPrimaryIp,
  listPrimaryIps,
  updatePrimaryIp,
} from "./primary-ips.ts";
import {
  changeServerDnsPtr,
  changeServerProtection,
  changeServerType,
  createImage,
  disableBackup,
  disableRescue,
  enableBackup,
  enableRescue,
  rebuildServer,
  requestConsole,
  resetPassword,
} from "./server-actions.ts";
import { createServer } from "./server-create.ts";
import { getServerMetrics } from "./server-metrics.ts";
import { powerAction } from "./server-power.ts";
import { deleteServer, findServer, getServer, listServers, updateServer } from "./servers.ts";
import { createSshKey, deleteSshKey, getSshKey, listSshKeys, updateSshKey } from "./ssh-keys.ts";

/** A method, a path pattern and who handles it. */
export interface Route {
  readonly method: string;
  readonly route: string;
  readonly handle: Handler;
}

/** The four ways to read the actions of a resource. */
const actionReads = (kind: Acting, find: (call: Call) => { readonly id: number }): readonly Route[] => [
  { method: "GET", route: `/${kind}/actions`, handle: listActionsOfKind(kind) },
  { method: "GET", route: `/${kind}/actions/{id}`, handle: getActionOfKind(kind) },
  { method: "GET", route: `/${kind}/{id}/actions`, handle: listActionsOf(kind, find) },
  { method: "GET", route: `/${kind}/{id}/actions/{action_id}`, handle: getActionOf(kind, find) },
];

const serverVerbs: Readonly<Record<string, Handler>> = {
  poweron: powerAction("poweron"),
  poweroff: powerAction("poweroff"),
  shutdown: powerAction("shutdown"),
  reboot: powerAction("reboot"),
  reset: powerAction("reset"),
  rebuild: rebuildServer,
  change_type: changeServerType,
  change_protection: changeServerProtection,
  change_dns_ptr: changeServerDnsPtr,
  enable_rescue: enableRescue,
  disable_rescue: disableRescue,
  enable_backup: enableBackup,
  disable_backup: disableBackup,
  create_image: createImage,
  reset_password: resetPassword,
  request_console: requestConsole,
};

const primaryIpVerbs: Readonly<Record<string, Handler>> = {
  assign: assignPrimaryIp,
  unassign: unassignPrimaryIp,
  change_dns_ptr: changePrimaryIpDnsPtr,
  change_protection: changePrimaryIpProtection,
};

const verbRoutes = (kind: Acting, verbs: Readonly<Record<string, Handler>>): readonly Route[] =>
  Object.entries(verbs).map(([verb, handle]) => ({ method: "POST", route: `/${kind}/{id}/actions/${verb}`, handle }));

const served: readonly Route[] = [
  { method: "GET", route: "/servers", handle: listServers },
  { method: "POST", route: "/servers", handle: createServer },
  { method: "GET", route: "/servers/{id}", handle: getServer },
  { method: "PUT", route: "/servers/{id}", handle: updateServer },
  { method: "DELETE", route: "/servers/{id}", handle: deleteServer },
  { method: "GET", route: "/servers/{id}/metrics", handle: getServerMetrics },
  ...actionReads("servers", findServer),
  ...verbRoutes("servers", serverVerbs),
  { method: "GET", route: "/ssh_keys", handle: listSshKeys },
  { method: "POST", route: "/ssh_keys", handle: createSshKey },
  { method: "GET", route: "/ssh_keys/{id}", handle: getSshKey },
  { method: "PUT", route: "/ssh_keys/{id}", handle: updateSshKey },
  { method: "DELETE", route: "/ssh_keys/{id}", handle: deleteSshKey },
  { method: "GET", route: "/actions", handle: listActions },
  { method: "GET", route: "/actions/{id}", handle: getAction },
  { method: "GET", route: "/server_types", handle: listServerTypes },
  { method: "GET", route: "/server_types/{id}", handle: getServerType },
  { method: "GET", route: "/locations", handle: listLocations },
  { method: "GET", route: "/locations/{id}", handle: getLocation },
  { method: "GET", route: "/pricing", handle: getPricing },
  { method: "GET", route: "/images", handle: listImages },
  { method: "GET", route: "/images/{id}", handle: getImage },
  { method: "PUT", route: "/images/{id}", handle: updateImage },
  { method: "DELETE", route: "/images/{id}", handle: deleteImage },
  ...actionReads("images", findAnyImage),
  ...verbRoutes("images", { change_protection: changeImageProtection }),
  { method: "GET", route: "/primary_ips", handle: listPrimaryIps },
  { method: "POST", route: "/primary_ips", handle: createPrimaryIp },
  { method: "GET", route: "/primary_ips/{id}", handle: getPrimaryIp },
  { method: "PUT", route: "/primary_ips/{id}", handle: updatePrimaryIp },
  { method: "DELETE", route: "/primary_ips/{id}", handle: deletePrimaryIp },
  ...actionReads("primary_ips", findPrimaryIp),
  ...verbRoutes("primary_ips", primaryIpVerbs),
];

/** Verbs on a server that the provider has and this simulator has not. */
const missingServerActions = [
  "add_to_placement_group",
  "attach_iso",
  "attach_to_network",
  "change_alias_ips",
  "detach_from_network",
  "detach_iso",
  "remove_from_placement_group",
];
/** Resources that the provider has and this simulator has not: 501 whatever follows. */
const missingResources = [
  "certificates",
  "firewalls",
  "floating_ips",
  "isos",
  "load_balancer_types",
  "load_balancers",
  "networks",
  "placement_groups",
  "volumes",
  "zones",
];

const refuse =
  (status: number, code: string, message: string, details: unknown = null): Handler =>
  () => {
    throw new ApiError(status, code, message, details);
  };
const missing = refuse(501, "not_implemented", "the simulator does not have this endpoint");
const datacentersGone = refuse(410, "deprecated_api_endpoint", "the datacenters endpoint was removed", {
  announcement: "https://docs.hetzner.cloud/changelog#2026-06-02-datacenters-deprecated",
});

const notServed: readonly Route[] = [
  { method: "GET", route: "/datacenters", handle: datacentersGone },
  { method: "GET", route: "/datacenters/{id}", handle: datacentersGone },
  ...missingServerActions.map((name) => ({ method: "POST", route: `/servers/{id}/actions/${name}`, handle: missing })),
];

/** Every route that has an answer of its own. */
export const routes: readonly Route[] = served;

interface Compiled extends Route {
  readonly segments: readonly string[];
}

const compiled: readonly Compiled[] = [...served, ...notServed].map((route) => ({
  ...route,
  segments: route.route.split("/").slice(1),
}));

/** The values of a pattern's `{..}` segments, or null when the path does not fit. Ids are digits. */
function match(segments: readonly string[], pattern: readonly string[]): Record<string, string> | null {
  if (segments.length !== pattern.length) return null;
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? "";
    if (part.startsWith("{")) {
      if (!/^\d+$/.test(segment)) return null;
      params[part.slice(1, -1)] = segment;
    } else if (part !== segment) return null;
  }
  return params;
}

/** The route of a request with its path parameters; 501, 404 or 405 when there is none. */
export function findRoute(method: string, path: string): { route: Route; params: Record<string, string> } {
  const segments = path.split("/").slice(1);
  let pathIsKnown = false;
  for (const candidate of compiled) {
    const params = match(segments, candidate.segments);
    if (params === null) continue;
    if (candidate.method === method) return { route: candidate, params };
    pathIsKnown = true;
  }
  if (pathIsKnown) throw new ApiError(405, "method_not_allowed", "method not allowed");
  const resource = segments[0] ?? "";
  if (missingResources.includes(resource)) {
    return { route: { method, route: `/${resource}`, handle: missing }, params: {} };
  }
  throw new ApiError(404, "not_found", "route not found");
}

const missingRoutes = missingResources.map((resource) => `/${resource}`);

/** Whether a request can have this method and this pattern; what is undefined means any. */
export function isRoute({
  method,
  route,
}: {
  readonly method?: string | undefined;
  readonly route?: string | undefined;
}): boolean {
  if (method === undefined && route === undefined) return true;
  if (route !== undefined && missingRoutes.includes(route)) return true;
  return compiled.some((known) => known.method === (method ?? known.method) && known.route === (route ?? known.route));
}
