/** What the product does on a server over SSH: keys, one verified connection, and what a look shows. Knows nothing of AWS or Hetzner's API. */

export { type Bundle, makeBundle } from "./bundle.ts";
export {
  type HostKeyChange,
  type HostKeys,
  hostKeyCommand,
  type NewHostLook,
  newHostLookCommands,
  readHostKeyChange,
  readNewHostLook,
} from "./host-keys.ts";
export { type HostLook, hostLookCommands, lookAtHost, readHostLook } from "./host-look.ts";
export { barePublicKey, type KeyPair, makeKeyPair, publicKeyBlob } from "./keys.ts";
export {
  changeRunLine,
  giveRunCommands,
  lookAtRunCommands,
  lookAtRunLine,
  readRunChange,
  startRunCommands,
  stopRunCommands,
} from "./run-commands.ts";
export { readRunLook } from "./run-look.ts";
export { changeExit, runScript } from "./run-scripts.ts";
export {
  type CommandResult,
  isSkipped,
  look,
  type SshCommand,
  type SshLimits,
  type SshOutcome,
  type SshTarget,
} from "./ssh.ts";
export { buildUserData } from "./user-data.ts";
