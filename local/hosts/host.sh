#!/bin/sh
# One host from power on to power off, in a mount namespace of its own: what is mounted here ends with the last process.
# machine.ts has made the cgroup and the files. Says "on" once the machine holds together. No argument is a secret.
# usage: host.sh DIR IMAGE CGROUP MACHINE DELAY_SECONDS [BRIDGE LINK IPV4 GATEWAY HARDWARE_ADDRESS]
set -eu
dir=$1 image=$2 cgroup=$3 machine=$4 delay=$5
shift 5

start=$(cat "${0%/*}/host-start.sh") # Before /run and /tmp are hidden: the checkout may lie there.
umount -R /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
echo $$ >"/sys/fs/cgroup/$cgroup/cgroup.procs" # Fails once the host was destroyed meanwhile: then nothing starts.
# systemd-nspawn leaves files in both.
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
mount -o loop,noatime,noinit_itable "$dir/disk.img" "$dir/disk"
mkdir -p "$dir/disk/upper" "$dir/disk/work"
mount -t overlay overlay -o "lowerdir=$dir/seed:$image,upperdir=$dir/disk/upper,workdir=$dir/disk/work" "$dir/root"
echo on
exec >>"$dir/console.log" 2>&1
sleep "$delay"

# 133: the host asked for a restart. It gets a fresh network namespace, because a restart also empties a server's firewall.
status=133
while [ "$status" = 133 ]; do
  status=0
  unshare --net sh -c "$start" host-start.sh "$dir" "$machine" "$@" || status=$?
done
