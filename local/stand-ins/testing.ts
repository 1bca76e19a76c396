/** For tests of runs: a machine of either kind that is up, and what the worker would do on it. */
import { once } from "node:events";
import { createServer } from "node:net";
import { expect } from "vitest";
import type { RunFacts } from "../../shared/domain/plans/plan.ts";
import type { Playbook, PlaybookVars, RunOrder } from "../../shared/domain/playbooks.ts";
import {
  buildUserData,
  giveRunCommands,
  type KeyPair,
  look,
  lookAtRunCommands,
  makeBundle,
  makeKeyPair,
  readRunChange,
  readRunLook,
  type SshCommand,
  type SshOutcome,
  type SshTarget,
  startRunCommands,
  stopRunCommands,
} from "../../shared/node/index.ts";
import type { HostSpec, Hosts } from "./hosts.ts";
import type { Playbooks } from "./playbooks.ts";
import { makeStandIns } from "./stand-ins.ts";
import { makeSteppedClock, type SteppedClock } from "./stepped-clock.ts";
import { makeSteppedHosts } from "./stepped-hosts.ts";

export const address = "127.77.249.5";
const hostKey = makeKeyPair("host");
const loginKey = makeKeyPair("pressluft");
const bundle = makeBundle(Buffer.from("the playbooks"));
const serverId = 5;

/** A port that nobody has at an address of this machine. */
export const findFreePort = async (address: string): Promise<number> => {
  const server = createServer().listen(0, address);
  await once(server, "listening");
  const found = server.address();
  server.close();
  await once(server, "close");
  if (found === null || typeof found === "string") throw new Error("no port");
  return found.port;
};

/** What a server is ordered with. */
export const specOf = (about: { serverId: number; ipv4: string; hostKey: KeyPair; loginKey: KeyPair }): HostSpec => ({
  serverId: about.serverId,
  name: "web-1",
  ipv4: about.ipv4,
  userData: buildUserData({ hostKey: about.hostKey, hostname: "web-1" }),
  authorizedKeys: [about.loginKey.publicKey],
  image: "debian-12",
  location: "nbg1",
  networkZone: "eu-central",
});

type Send = (target: SshTarget, commands: readonly SshCommand[]) => Promise<SshOutcome>;

interface Ground {
  readonly hosts: Hosts & { readonly playbooks: Playbooks };
  readonly clock: SteppedClock;
  readonly port: number;
  readonly send: Send;
}

/** The order of a run; its playbook's variables are checked where it is called. */
export const orderOf = <P extends Playbook>(id: string, playbook: P, vars: PlaybookVars[P]) => ({
  id,
  playbook,
  vars,
  timeoutMinutes: 10,
});

export type Rig = Awaited<ReturnType<typeof makeRig>>;

const makeRig = async ({ hosts, clock, port, send }: Ground) => {
  await hosts.boot(specOf({ serverId, ipv4: address, hostKey, loginKey }));
  await clock.advance(3_000);
  const { privateKey } = loginKey;
  const target = { host: address, port, user: "root", privateKey, hostKeys: [hostKey.publicKey] };
  const change = async (commands: readonly SshCommand[]) =>
    expect(readRunChange(await send(target, commands))).toBeNull();
  const lookAt = async (id: string): Promise<Extract<RunFacts, { reached: true }>> => {
    const facts = readRunLook(await send(target, lookAtRunCommands("root", id)));
    if (!facts.reached) throw new Error(facts.reason);
    return facts;
  };
  return {
    hosts,
    clock,
    lookAt,
    start: (order: RunOrder) => change(startRunCommands("root", order, bundle)),
    give: (runId: string, answer: unknown) => change(giveRunCommands("root", { runId, count: 1, answer })),
    stop: (id: string) => change(stopRunCommands("root", id)),
    reboot: () => hosts.reboot(serverId),
    /** One command line: its exit code and what it prints. */
    ask: async (line: string) => {
      const outcome = await send(target, [line]);
      const [result] = outcome.reached ? outcome.results : [];
      return { exitCode: result?.exitCode, said: result?.stdout.trim() };
    },
    /** Starts it, lets its time pass and answers how it is then. */
    play: async (order: RunOrder) => {
      await change(startRunCommands("root", order, bundle));
      await clock.advance(5_000);
      return lookAt(order.id);
    },
  };
};

export const makeSteppedRig = async (): Promise<Rig> => {
  const clock = makeSteppedClock();
  const hosts = makeSteppedHosts({ clock });
  return makeRig({ hosts, clock, port: 22, send: hosts.run });
};

/** With real connections. `closers` are called at the end of a test. */
export const makeSocketRig = async (closers: (() => Promise<void>)[], send?: typeof fetch): Promise<Rig> => {
  const clock = makeSteppedClock();
  const port = await findFreePort(address);
  const log = (line: string) => expect.unreachable(line);
  const hosts = makeStandIns({ sshPort: port, clock, log, ...(send && { fetch: send }) });
  closers.push(() => hosts.closeAll());
  const limits = { connectTimeoutMs: 5_000, commandTimeoutMs: 5_000 };
  return makeRig({ hosts, clock, port, send: (target, commands) => look(target, commands, limits) });
};
