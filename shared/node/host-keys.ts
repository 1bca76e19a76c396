/**
 * The commands that give a server a host key of its own making. The one from user_data can be read by the provider and on the server's metadata
 * service, so it is good for the first contact alone. Each command may be repeated, and may be cut off at any point.
 *
 * The new key waits in a file beside the installed one and takes its place by one rename, so that there is no moment without a key that sshd
 * can load. cloud-init does not undo that: it writes `ssh_keys` of user_data in its module `ssh`, which runs once per instance id
 * (https://docs.cloud-init.io/en/latest/reference/modules.html#ssh), and on the first boot of a copy of this disk `ssh_deletekeys` removes
 * both files (`/etc/ssh/ssh_host_*key*`).
 */
import { type HostLook, hostLookCommands, readHostLook } from "./host-look.ts";
import { barePublicKey } from "./keys.ts";
import type { SshOutcome } from "./ssh.ts";

/** The host keys of a server as one look shows them; public halves without comment. */
export interface HostKeys {
  /** The one with which it proved itself in this connection: what sshd has loaded. */
  answered: string;
  /** The one that sshd loads when it starts again; null: none that can be read. */
  installed: string | null;
  /** The one that waits to take its place; null: none that can be read. */
  beside: string | null;
}

export type NewHostLook =
  | Extract<HostLook, { reached: false }>
  | (Extract<HostLook, { reached: true }> & { hostKeys: HostKeys });

export type HostKeyChange =
  /** A new key beside the installed one, unless there is one. */
  | { kind: "make" }
  /** Puts the waiting key in place, if it is this one, and makes sshd load it. */
  | { kind: "install"; publicKey: string };

/** Where sshd looks by itself and cloud-init writes. */
const installed = "/etc/ssh/ssh_host_ed25519_key";
/** Named so that SELinux (`/etc/ssh/ssh_host.*_key`) and `ssh_deletekeys` treat it as a host key. */
const beside = "/etc/ssh/ssh_host_next_ed25519_key";

/** `-P ""` keeps ssh-keygen from asking; a key of its own has no passphrase. No single quote may stand in these. */
const prelude = `PATH=/usr/sbin:/usr/bin:/sbin:/bin; umask 077
pub() { ssh-keygen -y -P "" -f "$1" 2>/dev/null </dev/null | cut -d" " -f1,2; }`;

const lookScript = `${prelude}
echo "installed $(pub ${installed})"; echo "beside $(pub ${beside})"`;

/** Written to disk before it has the name under which it is looked for: a power cut leaves a whole key there or none. */
const makeScript = `${prelude}
set -e
[ -z "$(pub ${beside})" ] || exit 0
rm -f ${beside} ${beside}.tmp ${beside}.tmp.pub
ssh-keygen -q -t ed25519 -N "" -C "" -f ${beside}.tmp </dev/null
rm -f ${beside}.tmp.pub
sync
mv -f ${beside}.tmp ${beside}`;

const exitCodes = { refused: 11, notWaiting: 12, notReloaded: 13 } as const;

/**
 * `sshd` by its full path, because it refuses to check anything otherwise. The old public half goes first: sshd must never see halves that do not
 * match. What the rename did is on the disk (`sync`) before sshd answers with it. The unit is `ssh` on Debian and Ubuntu, `sshd` elsewhere.
 */
const installScript = (publicKey: string) => `${prelude}
set -e
sshd=$(command -v sshd)
"$sshd" -t || exit ${exitCodes.refused}
if [ "$(pub ${installed})" != "${publicKey}" ]; then
[ "$(pub ${beside})" = "${publicKey}" ] || exit ${exitCodes.notWaiting}
"$sshd" -t -h ${beside} || exit ${exitCodes.refused}
rm -f ${installed}.pub
mv -f ${beside} ${installed}
fi
pub ${installed} >${installed}.pub
chmod 644 ${installed}.pub
sync
systemctl reload ssh || systemctl reload sshd || kill -HUP "$(cat /run/sshd.pid)" || exit ${exitCodes.notReloaded}`;

/** One command line for a login shell of any kind, run as root: by itself, or by sudo where the login is another user. */
const asRoot = (user: string, script: string): string => `${user === "root" ? "" : "sudo -n "}sh -c '${script}'`;

/** The commands of a look at a server that is being set up; they change nothing. */
export function newHostLookCommands(user: string): readonly string[] {
  return [...hostLookCommands(), asRoot(user, lookScript)];
}

/** Reads the results of `newHostLookCommands()`, by the rules of `readHostLook`. */
export function readNewHostLook(outcome: SshOutcome): NewHostLook {
  const host = readHostLook(outcome);
  if (!host.reached || !outcome.reached) return { reached: false, reason: host.reached ? "closed" : host.reason };
  const lines = outcome.results[hostLookCommands().length]?.stdout.split("\n") ?? [];
  const keyAfter = (word: string): string | null => {
    const line = lines.find((candidate) => candidate.startsWith(`${word} `));
    return line === undefined ? null : barePublicKey(line.slice(word.length + 1));
  };
  const hostKeys = { answered: outcome.hostKey, installed: keyAfter("installed"), beside: keyAfter("beside") };
  return { ...host, hostKeys };
}

/**
 * The command of a change. What it came to is for the next look to tell.
 *
 * @throws TypeError when the public key to install is not an ed25519 public key line
 */
export function hostKeyCommand(user: string, change: HostKeyChange): string {
  if (change.kind === "make") return asRoot(user, makeScript);
  const publicKey = barePublicKey(change.publicKey);
  if (publicKey === null) throw new TypeError("not an ed25519 public key line");
  return asRoot(user, installScript(publicKey));
}

const complaints: ReadonlyMap<number | null, string> = new Map([
  [null, "The command that changes the host key did not end in time"],
  [exitCodes.refused, "sshd -t refuses its configuration or the new host key"],
  [exitCodes.notWaiting, "The host key that waits on the server is not the recorded one"],
  [exitCodes.notReloaded, "sshd could not be told to load the new host key"],
]);

/** What went wrong with a change, in our own words; null: nothing that it knows of. */
export function readHostKeyChange(outcome: SshOutcome): string | null {
  if (!outcome.reached) return `The server could not be reached to change its host key (${outcome.reason})`;
  const exitCode = outcome.results[0]?.exitCode ?? null;
  if (exitCode === 0) return null;
  return complaints.get(exitCode) ?? `The command that changes the host key failed (exit code ${exitCode})`;
}
