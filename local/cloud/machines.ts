import { hostsPossible, openHosts } from "../hosts/index.ts";
import { ipv4PrefixFor, type Machines } from "./hetzner.ts";

/** What a person may ask for. `auto`: real hosts where they can be had, stand-ins otherwise. */
export const machineWishes = ["auto", "real", "stand-ins"] as const;
export type MachineWish = (typeof machineWishes)[number];

export type MachineChoice =
  | { readonly kind: "real" }
  | { readonly kind: "stand-ins" | "none"; readonly note: string | null }
  | { readonly kind: "refused"; readonly message: string };

interface MachineQuestion {
  readonly wish: MachineWish;
  readonly platform: NodeJS.Platform;
  /** Why there can be no real hosts; null: there can. */
  readonly obstacle: string | null;
}

/** Which machines simulated servers get, and what a person should know about it. */
export function chooseMachines({ wish, platform, obstacle }: MachineQuestion): MachineChoice {
  if (wish !== "stand-ins" && obstacle === null) return { kind: "real" };
  if (wish === "real") return { kind: "refused", message: `--machines real cannot be: ${obstacle}.` };
  if (platform !== "linux") return { kind: "none", note: null };
  return {
    kind: "stand-ins",
    note: wish === "auto" ? `Servers are stand-ins without WordPress: ${obstacle}.` : null,
  };
}

export interface MachinesInput {
  readonly wish: MachineWish;
  readonly platform: NodeJS.Platform;
  /** Folder of this local cloud. */
  readonly dir: string;
  readonly gatewayPort: number;
  log(line: string): void;
  readonly signal?: AbortSignal | undefined;
}

/** Makes ready what simulated servers run on. Real hosts that cannot be made ready are an error, not stand-ins in disguise. */
export async function openMachines({
  wish,
  platform,
  dir,
  gatewayPort,
  log,
  signal,
}: MachinesInput): Promise<Machines> {
  const possible = wish === "stand-ins" ? null : await hostsPossible();
  const obstacle = possible?.possible === false ? possible.reason : null;
  const choice = chooseMachines({ wish, platform, obstacle });
  if (choice.kind === "refused") throw new Error(choice.message);
  if (choice.kind === "real") return { kind: "real", hosts: await openHosts({ folder: dir, log, signal }) };
  if (choice.note !== null) log(choice.note);
  return { kind: choice.kind, ipv4Prefix: ipv4PrefixFor(gatewayPort) };
}
