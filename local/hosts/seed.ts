import type { HostSpec } from "../hetzner/index.ts";
import type { Behaviour } from "../stand-ins/behaviour.ts";

/** One file of the layer that lies between the image and the host's own disk. */
export interface SeedFile {
  /** Relative to the host's root. */
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

export interface SeedInput {
  readonly spec: HostSpec;
  readonly behaviour: Behaviour;
  /** 32 hexadecimal digits that no other host has. */
  readonly machineId: string;
}

/** How a machine that nobody disturbs behaves: `Behaviour` tells what differs from it. */
export const healthyTimings = { sshReadyMs: 0, cloudInitMs: 3_000 };

/**
 * The files that make an image into one host: cloud-init's NoCloud seed
 * (https://docs.cloud-init.io/en/22.4/topics/datasources/nocloud.html), its name, and what its behaviours need. The seed holds the host
 * key that user_data brings, so only root can read it.
 */
export function writeSeed({ spec, behaviour, machineId }: SeedInput): SeedFile[] {
  const text = (path: string, content: string, mode = 0o644): SeedFile => ({ path, text: content, mode });
  const vendorData = behaviour.cloudInitEnd === "error" ? "#!/bin/sh\nexit 1\n" : "";
  return [
    text("etc/hostname", `${spec.name}\n`),
    text("etc/hosts", `127.0.0.1 localhost\n127.0.1.1 ${spec.name}\n::1 localhost ip6-localhost ip6-loopback\n`),
    text("etc/resolv.conf", ""), // No resolver: names fail at once.
    text("etc/machine-id", `${machineId}\n`, 0o444),
    text("var/lib/cloud/seed/nocloud/meta-data", writeMetaData(spec), 0o600),
    text("var/lib/cloud/seed/nocloud/user-data", spec.userData, 0o600),
    text("var/lib/cloud/seed/nocloud/vendor-data", vendorData, 0o600),
    ...writeSshFaults(behaviour),
    ...writeCloudInitFaults(behaviour),
  ];
}

/** JSON is YAML. The instance id decides what cloud-init does once: it is the server's, so a power cycle repeats nothing. */
function writeMetaData({ serverId, name, authorizedKeys }: HostSpec): string {
  const keys = authorizedKeys.map((key) => key.trim());
  return `${JSON.stringify({ "instance-id": `${serverId}`, "local-hostname": name, "public-keys": keys })}\n`;
}

const dropIn = (unit: string, name: string, lines: readonly string[]): SeedFile => ({
  path: `etc/systemd/system/${unit}.d/${name}.conf`,
  text: `[Service]\n${lines.map((line) => `${line}\n`).join("")}`,
  mode: 0o644,
});

const wait = (ms: number): readonly string[] => [
  "TimeoutStartSec=infinity",
  `ExecStartPre=/bin/sleep ${Number.isFinite(ms) ? ms / 1000 : "infinity"}`,
];

/** A port whose connections nobody takes: the kernel completes them, and no byte comes. */
const silence = "import socket, signal; port = socket.create_server(('', 22)); signal.pause()";

/** Done once; the mark is on the host's own disk. */
const ownHostKey = "[ -e /etc/ssh/own ] || { rm -f /etc/ssh/ssh_host_*; ssh-keygen -A; touch /etc/ssh/own; }";

/** Any login ends up as an ordinary user, whom sudo asks for a password. */
const ordinaryUser = `Match User root
  ForceCommand exec setpriv --reuid=65534 --regid=65534 --clear-groups sh -c "$SSH_ORIGINAL_COMMAND"
`;

function writeSshFaults({ sshReadyMs, silent, givenHostKey, sudo }: Behaviour): SeedFile[] {
  const never = sshReadyMs === null ? [dropIn("ssh.service", "never", ["ExecCondition=/bin/false"])] : [];
  const late = sshReadyMs !== null && sshReadyMs > 0 ? [dropIn("ssh.service", "late", wait(sshReadyMs))] : [];
  const lines = ["Type=simple", "ExecStartPre=", "ExecStart=", `ExecStart=/usr/bin/python3 -c "${silence}"`];
  const mute = silent ? [dropIn("ssh.service", "silent", lines)] : [];
  const own = givenHostKey ? [] : [dropIn("ssh.service", "own-key", [`ExecStartPre=/bin/sh -c '${ownHostKey}'`])];
  const path = "etc/ssh/sshd_config.d/ordinary-user.conf";
  const ordinary = sudo ? [] : [{ path, text: ordinaryUser, mode: 0o644 }];
  return [...never, ...late, ...mute, ...own, ...ordinary];
}

function writeCloudInitFaults({ cloudInitMs }: Behaviour): SeedFile[] {
  if (cloudInitMs === null) return [dropIn("cloud-final.service", "never", wait(Number.POSITIVE_INFINITY))];
  const lateMs = cloudInitMs - healthyTimings.cloudInitMs;
  return lateMs > 0 ? [dropIn("cloud-final.service", "late", wait(lateMs))] : [];
}
