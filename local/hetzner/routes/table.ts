import { ApiError } from "../api-error.ts";
import type { Handler } from "../call.ts";
import { getAction, listActions, listAllServerActions } from "./actions.ts";
import {
  getImage,
  getLocation,
  getPricing,
  getServerType,
  listImages,
  listLocations,
  listServerTypes,
} from "./catalogue.ts";
import { deletePrimaryIp, getPrimaryIp, listPrimaryIps } from "./primary-ips.ts";
import { createServer } from "./server-create.ts";
import {
  changeProtection,
  deleteServer,
  getServer,
  listServerActions,
  listServers,
  powerAction,
  updateServer,
} from "./servers.ts";
import { createSshKey, deleteSshKey, getSshKey, listSshKeys, updateSshKey } from "./ssh-keys.ts";

/** A method, a path pattern and who handles it. */
export interface Route {
  readonly method: string;
  readonly route: string;
  readonly handle: Handler;
}

const served: readonly Route[] = [
  { method: "GET", route: "/servers", handle: listServers },
  { method: "POST", route: "/servers", handle: createServer },
  { method: "GET", route: "/servers/actions", handle: listAllServerActions },
  { method: "GET", route: "/servers/actions/{id}", handle: getAction },
  { method: "GET", route: "/servers/{id}", handle: getServer },
  { method: "PUT", route: "/servers/{id}", handle: updateServer },
  { method: "DELETE", route: "/servers/{id}", handle: deleteServer },
  { method: "GET", route: "/servers/{id}/actions", handle: listServerActions },
  { method: "POST", route: "/servers/{id}/actions/poweron", handle: powerAction("poweron") },
  { method: "POST", route: "/servers/{id}/actions/poweroff", handle: powerAction("poweroff") },
  { method: "POST", route: "/servers/{id}/actions/shutdown", handle: powerAction("shutdown") },
  { method: "POST", route: "/servers/{id}/actions/reboot", handle: powerAction("reboot") },
  { method: "POST", route: "/servers/{id}/actions/reset", handle: powerAction("reset") },
  { method: "POST", route: "/servers/{id}/actions/change_protection", handle: changeProtection },
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
  { method: "GET", route: "/images", handle: listImages },
  { method: "GET", route: "/images/{id}", handle: getImage },
  { method: "GET", route: "/pricing", handle: getPricing },
  { method: "GET", route: "/primary_ips", handle: listPrimaryIps },
  { method: "GET", route: "/primary_ips/{id}", handle: getPrimaryIp },
  { method: "DELETE", route: "/primary_ips/{id}", handle: deletePrimaryIp },
];

/** Verbs on a server that the provider has and this simulator has not. */
const missingServerActions = [
  "add_to_placement_group",
  "attach_iso",
  "attach_to_network",
  "change_alias_ips",
  "change_dns_ptr",
  "change_type",
  "create_image",
  "detach_from_network",
  "detach_iso",
  "disable_backup",
  "disable_rescue",
  "enable_backup",
  "enable_rescue",
  "rebuild",
  "remove_from_placement_group",
  "request_console",
  "reset_password",
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
  { method: "GET", route: "/servers/{id}/actions/{action_id}", handle: missing },
  { method: "GET", route: "/servers/{id}/metrics", handle: missing },
  ...missingServerActions.map((name) => ({ method: "POST", route: `/servers/{id}/actions/${name}`, handle: missing })),
  { method: "PUT", route: "/images/{id}", handle: missing },
  { method: "DELETE", route: "/images/{id}", handle: missing },
  { method: "GET", route: "/images/{id}/actions", handle: missing },
  { method: "POST", route: "/primary_ips", handle: missing },
  { method: "PUT", route: "/primary_ips/{id}", handle: missing },
  ...["assign", "unassign", "change_dns_ptr", "change_protection"].map((name) => ({
    method: "POST",
    route: `/primary_ips/{id}/actions/${name}`,
    handle: missing,
  })),
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
  if (missingResources.includes(segments[0] ?? ""))
    return { route: { method, route: path, handle: missing }, params: {} };
  throw new ApiError(404, "not_found", "route not found");
}
