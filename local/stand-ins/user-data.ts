import { parse } from "yaml";
import * as z from "zod";

const schema = z.object({
  ssh_keys: z.object({ ed25519_private: z.string().min(1) }).optional(),
});

/** What a stand-in takes from user_data. Like cloud-init it starts without what it cannot read. */
export interface UserData {
  /** OpenSSH private key for sshd; undefined: the machine makes its own. */
  hostPrivateKey: string | undefined;
}

/** Reads `#cloud-config` YAML (JSON is YAML). Anything else, a script for example, gives nothing. */
export function parseUserData(text: string): UserData {
  return { hostPrivateKey: schema.safeParse(parseYaml(text)).data?.ssh_keys?.ed25519_private };
}

function parseYaml(text: string): unknown {
  if (!/^#cloud-config\s*$/m.test(text.split("\n", 1)[0] ?? "")) return undefined;
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}
