#!/bin/sh
# One start of a host, in a network namespace of its own; host.sh, its parent, is in the machine's.
# usage: host-start.sh DIR MACHINE [BRIDGE LINK IPV4 GATEWAY HARDWARE_ADDRESS]
set -eu
dir=$1 machine=$2
shift 2

connect() {
  bridge=$1 link=$2 ipv4=$3 gateway=$4 hardware_address=$5
  ip -batch - <<END
link add eth0 address $hardware_address type veth peer name $link netns $PPID
address add $ipv4/24 dev eth0
link set eth0 up
route add default via $gateway
END
  # Only root may ask for metadata: a rule of routing, because the host's firewall is the host's own to flush.
  ip rule add to 169.254.169.254 uidrange 1-4294967294 prohibit
  state=up
  [ ! -e "$dir/link-down" ] || state=down
  echo "link set $link master $bridge $state" | nsenter --net="/proc/$PPID/ns/net" ip -batch -
}

ip link set lo up
if [ $# -gt 0 ]; then
  # The last start's link may be there still: the kernel takes its time to remove it.
  nsenter --net="/proc/$PPID/ns/net" ip link delete "$2" 2>/dev/null || :
  connect "$@"
fi
exec systemd-nspawn --quiet --register=no --keep-unit --machine="$machine" --network-namespace-path=/proc/self/ns/net \
  --capability=CAP_NET_ADMIN --resolv-conf=off --timezone=off --link-journal=no --console=pipe \
  --directory="$dir/root" --boot
