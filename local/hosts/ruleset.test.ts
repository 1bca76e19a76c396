import { expect, it } from "vitest";
import { writeRuleset } from "./ruleset.ts";

const input = {
  names: { prefix: "plh1234567", bridge: "plh1234567br" },
  subnet: { prefix: "198.18.7", gateway: "198.18.7.254" },
  metadataPort: 4711,
};

it("the table of hosts, as the kernel gets it", () => {
  expect(writeRuleset(input)).toMatchInlineSnapshot(`
    "table inet plh1234567
    delete table inet plh1234567
    table inet plh1234567 {
      set exposed {
        type inet_service
      }
      chain from_hosts {
        type filter hook prerouting priority raw; policy accept;
        iifname "plh1234567br" ip daddr 198.18.7.0/24 accept
        iifname "plh1234567br" ip daddr 169.254.169.254 tcp dport 80 accept
        iifname "plh1234567br" meta l4proto { tcp, udp, icmp } reject with icmpx type admin-prohibited
        iifname "plh1234567br" meta protocol { ip, ip6 } drop
      }
      chain metadata {
        type nat hook prerouting priority dstnat; policy accept;
        iifname "plh1234567br" ip daddr 169.254.169.254 tcp dport 80 redirect to :4711
      }
      chain to_machine {
        type filter hook input priority filter; policy accept;
        iifname "plh1234567br" ct state established,related accept
        iifname "plh1234567br" meta l4proto icmp accept
        iifname "plh1234567br" ct original ip daddr 169.254.169.254 tcp dport 4711 accept
        iifname "plh1234567br" ip daddr 198.18.7.254 tcp dport @exposed accept
        iifname "plh1234567br" meta l4proto tcp reject with tcp reset
        iifname "plh1234567br" reject with icmpx type admin-prohibited
      }
      chain through_machine {
        type filter hook forward priority filter; policy accept;
        iifname "plh1234567br" oifname != "plh1234567br" reject with icmpx type admin-prohibited
        oifname "plh1234567br" iifname != "plh1234567br" reject with icmpx type admin-prohibited
      }
    }
    "
  `);
});
