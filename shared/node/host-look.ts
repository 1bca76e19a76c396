import { type CloudInit, cloudInitCommand, readCloudInit } from "./cloud-init.ts";
import { look, type SshLimits, type SshOutcome, type SshReason, type SshTarget } from "./ssh.ts";

/** What one look at a server shows. */
export type HostLook =
  | { reached: false; reason: SshReason }
  | {
      reached: true;
      cloudInit: CloudInit;
      /** The login is uid 0, or `sudo -n true` works. */
      sudo: boolean;
      /** The provisioning left its marker file. */
      runtimePresent: boolean;
    };

const runtimeMarker = "/var/lib/pressluft/runtime.json";

/** The commands of one look, in the order in which `readHostLook` expects their results. They change nothing. */
export function hostLookCommands(): readonly string[] {
  return [cloudInitCommand, "id -u", "sudo -n true", `test -e ${runtimeMarker}`];
}

/**
 * Reads the results of `hostLookCommands()`. An answer that is missing (a command hung) is not taken for a "no": the look then counts as
 * not reached, `timeout`, and is to be repeated.
 */
export function readHostLook(outcome: SshOutcome): HostLook {
  if (!outcome.reached) return { reached: false, reason: outcome.reason };
  const [cloudInit, id, sudo, marker] = outcome.results;
  const complete = outcome.results.every((result) => result.exitCode !== null);
  if (!complete || !cloudInit || !id || !sudo || !marker) return { reached: false, reason: "timeout" };
  return {
    reached: true,
    cloudInit: readCloudInit(cloudInit),
    sudo: (id.exitCode === 0 && id.stdout.trim() === "0") || sudo.exitCode === 0,
    runtimePresent: marker.exitCode === 0,
  };
}

/** One connection, one look. Never throws for what a server or a network does. */
export async function lookAtHost(target: SshTarget, limits: SshLimits): Promise<HostLook> {
  return readHostLook(await look(target, hostLookCommands(), limits));
}
