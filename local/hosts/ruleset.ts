import type { Names } from "./names.ts";
import { cidrOf, type Subnet } from "./subnets.ts";

/** Where Hetzner's servers ask for their metadata. */
export const metadataAddress = "169.254.169.254";

export interface RulesetInput {
  readonly names: Pick<Names, "prefix" | "bridge">;
  readonly subnet: Subnet;
  /** TCP port on the gateway address at which the metadata listener is. */
  readonly metadataPort: number;
}

/**
 * The nft table that keeps hosts among themselves: they reach each other, the ports in the set `exposed` on the gateway, and
 * the metadata address, and nothing else. What they may not reach is refused at once, so that nothing in a test waits for it.
 * The metadata listener has a port of its own, at which it answers only what was sent to the metadata address: in a host,
 * sending there is kept to root by a routing rule.
 */
export function writeRuleset({ names, subnet, metadataPort }: RulesetInput): string {
  const { prefix, bridge } = names;
  return `table inet ${prefix}
delete table inet ${prefix}
table inet ${prefix} {
  set exposed {
    type inet_service
  }
  chain from_hosts {
    type filter hook prerouting priority raw; policy accept;
    iifname "${bridge}" ip daddr ${cidrOf(subnet)} accept
    iifname "${bridge}" ip daddr ${metadataAddress} tcp dport 80 accept
    iifname "${bridge}" meta l4proto { tcp, udp, icmp } reject with icmpx type admin-prohibited
    iifname "${bridge}" meta protocol { ip, ip6 } drop
  }
  chain metadata {
    type nat hook prerouting priority dstnat; policy accept;
    iifname "${bridge}" ip daddr ${metadataAddress} tcp dport 80 redirect to :${metadataPort}
  }
  chain to_machine {
    type filter hook input priority filter; policy accept;
    iifname "${bridge}" ct state established,related accept
    iifname "${bridge}" meta l4proto icmp accept
    iifname "${bridge}" ct original ip daddr ${metadataAddress} tcp dport ${metadataPort} accept
    iifname "${bridge}" ip daddr ${subnet.gateway} tcp dport @exposed accept
    iifname "${bridge}" meta l4proto tcp reject with tcp reset
    iifname "${bridge}" reject with icmpx type admin-prohibited
  }
  chain through_machine {
    type filter hook forward priority filter; policy accept;
    iifname "${bridge}" oifname != "${bridge}" reject with icmpx type admin-prohibited
    oifname "${bridge}" iifname != "${bridge}" reject with icmpx type admin-prohibited
  }
}
`;
}
