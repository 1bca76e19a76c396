/** What a request's Host says of previews: which node, or why there is none. */

/** The one network whose nodes may be reached by a preview. */
export interface PreviewNetwork {
  /** First three octets; nodes have the last. */
  readonly prefix: string;
  /** Whether a server has this address now. */
  hasServer(ipv4: string): boolean;
}

/** `none`: the request is for the dashboard or the API, not for a preview. */
export type PreviewTarget<N extends PreviewNetwork> =
  | { readonly kind: "none" }
  | { readonly kind: "node"; readonly ipv4: string; readonly network: N }
  | { readonly kind: "unknown"; readonly why: string };

const label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const octet = "(0|[1-9]\\d{0,2})";
const previewName = new RegExp(`^${label}\\.${label}\\.${[octet, octet, octet, octet].join("-")}\\.localhost$`);

/** The name of a Host header in lower case, without port and final dot. */
const nameOf = (host: string): string => host.toLowerCase().replace(/:\d*$/, "").replace(/\.$/, "");

/** The part of the stage's preview domain that follows a node's address: names below `localhost` are this machine's without any DNS. */
export const previewDomainFor = (gatewayPort: number): string => `{ip}.localhost:${gatewayPort}`;

const asked = "Previews are at <environment>.<site>.<address of the node, with hyphens>.localhost.";

/**
 * Where a request is to go by its Host. Every name below `localhost` is a preview's, so that the dashboard and its cookies are
 * never met under a name that a site can have. `network` undefined: there are no machines that could serve a preview.
 */
export function findPreview<N extends PreviewNetwork>(
  host: string | undefined,
  network: N | undefined,
): PreviewTarget<N> {
  const name = nameOf(host ?? "");
  if (!name.endsWith(".localhost")) return { kind: "none" };
  const ipv4 = previewName.exec(name)?.slice(1).join(".");
  if (ipv4 === undefined) return { kind: "unknown", why: asked };
  if (network === undefined)
    return {
      kind: "unknown",
      why: "There are no previews here: simulated servers are stand-ins without WordPress.",
    };
  // Nobody reaches an address through us that is not a node of this local cloud.
  const isOurs = ipv4.startsWith(`${network.prefix}.`) && network.hasServer(ipv4);
  return isOurs
    ? { kind: "node", ipv4, network }
    : { kind: "unknown", why: `No node of this local cloud has the address ${ipv4}.` };
}
