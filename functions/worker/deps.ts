/** What the worker is made of. Everything outside is one of these, so that the harness can stand in at the wire. */
import type { Artifacts } from "../../shared/artifacts.ts";
import type { WordpressSource } from "../../shared/domain/playbooks.ts";
import type { Clock, Hetzner, RateLimit } from "../../shared/hetzner/index.ts";
import type { Log } from "../../shared/log.ts";
import type { Bundle, KeyPair, SshCommand, SshOutcome, SshTarget } from "../../shared/node/index.ts";
import type { Queue } from "../../shared/queue.ts";
import type { Table } from "../../shared/store/table.ts";

export interface WorkerDeps {
  table: Table;
  queue: Queue;
  clock: Clock;
  log: Log;
  newId(): string;
  /** The value of a secret; undefined when there is none of that name. */
  readSecret(name: string): Promise<string | undefined>;
  hetznerFor(token: string, onRateLimit: (seen: RateLimit) => void): Hetzner;
  makeHostKey(): KeyPair;
  /** One login, the commands in order; what a server or a network does wrong is a value. */
  runOnHost(target: SshTarget, commands: readonly SshCommand[]): Promise<SshOutcome>;
  /** The playbooks that nodes are sent. */
  playbooks: Bundle;
  /** Where nodes get WordPress from. */
  wordpress: WordpressSource;
  artifacts: Artifacts;
}
