/** Hetzner refuses a longer `user_data`. */
const limitBytes = 32_768;

export interface UserDataInput {
  /** The server's own host key, made just before the create is sent. */
  hostKey: { privateKey: string; publicKey: string };
  hostname: string;
}

/**
 * The cloud-config that gives a new server a host key we already know, so that the very first connection can be verified.
 *
 * Record only the public half. The private half exists in this text alone; it stays readable on the server through Hetzner's metadata
 * service, which is why the key is to be rotated after first contact.
 *
 * The body is JSON, which is YAML: nothing to indent or quote wrongly, and a key's line feeds survive as `\n`. `ssh_genkeytypes` is left out
 * on purpose: with `ssh_keys` given cloud-init generates none, and the empty list is against its schema (`minItems: 1`), which would make every
 * run end as "degraded done". `chpasswd.expire: false`: a root password that must be changed blocks key logins too.
 *
 * The one package is what runs the playbooks; they bring everything else.
 *
 * @throws RangeError when the text is longer than Hetzner's 32 KiB
 */
export function buildUserData({ hostKey, hostname }: UserDataInput): string {
  const config = {
    hostname,
    ssh_deletekeys: true,
    ssh_keys: { ed25519_private: hostKey.privateKey, ed25519_public: hostKey.publicKey },
    disable_root: false,
    ssh_pwauth: false,
    chpasswd: { expire: false },
    package_update: true,
    packages: ["ansible-core"],
  };
  const text = `#cloud-config\n${JSON.stringify(config, null, 2)}\n`;
  if (Buffer.byteLength(text) > limitBytes) throw new RangeError("user_data is longer than 32 KiB");
  return text;
}
