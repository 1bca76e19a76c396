import type { Timings } from "./hosts.ts";

/** How one machine behaves; times are counted from power on. */
export interface Behaviour {
  /** The machine does nothing for so long; the other times are counted from then on, but for `diesMs`. */
  bootDelayMs: number;
  /** null: sshd never listens. */
  sshReadyMs: number | null;
  /** The port is open and nobody speaks. */
  silent: boolean;
  /** null: cloud-init never ends. */
  cloudInitMs: number | null;
  cloudInitEnd: "done" | "degraded done" | "error";
  /** false: the login is an ordinary user whom sudo asks for a password. */
  sudo: boolean;
  /** false: the host key of user_data is ignored. */
  givenHostKey: boolean;
  /** From then on the machine is off until it is powered on again. null: never. */
  diesMs: number | null;
}

/** Faults of machines, real or not, are chosen by a word in the server's name. README.md lists them. */
const faults: Readonly<Record<string, (healthy: Timings) => Partial<Behaviour>>> = {
  "slow-boot": () => ({ bootDelayMs: 30_000 }),
  "ssh-late": () => ({ sshReadyMs: 60_000 }),
  "ssh-never": () => ({ sshReadyMs: null }),
  "ssh-silent": () => ({ silent: true }),
  "cloud-init-late": () => ({ cloudInitMs: 120_000 }),
  "cloud-init-never": () => ({ cloudInitMs: null }),
  "cloud-init-error": () => ({ cloudInitEnd: "error" }),
  "cloud-init-degraded": () => ({ cloudInitEnd: "degraded done" }),
  "no-sudo": () => ({ sudo: false }),
  "wrong-host-key": () => ({ givenHostKey: false }),
  dies: ({ cloudInitMs }) => ({ diesMs: cloudInitMs }),
};

export const faultNames: readonly string[] = Object.keys(faults);

/** The words may stand anywhere in the name between hyphens and combine: `web-cloud-init-error-no-sudo-2`. `melodies` does not die. */
export function decideBehaviour(name: string, timings: Timings): Behaviour {
  const behaviour: Behaviour = {
    ...timings,
    bootDelayMs: 0,
    silent: false,
    cloudInitEnd: "done",
    sudo: true,
    givenHostKey: true,
    diesMs: null,
  };
  for (const [word, fault] of Object.entries(faults)) {
    if (`-${name}-`.includes(`-${word}-`)) Object.assign(behaviour, fault(timings));
  }
  return behaviour;
}
