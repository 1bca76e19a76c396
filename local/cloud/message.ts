import type { Machines } from "./hetzner.ts";
import type { StackFile } from "./stack-file.ts";

export interface Ready {
  readonly stack: StackFile;
  /** Where the person's shell can keep the session cookie. */
  readonly cookieFile: string;
  readonly machines: Machines["kind"];
}

/** What a newcomer needs, once everything runs. */
export function readyMessage({ stack, cookieFile, machines }: Ready): string {
  const { base_url: base, operator_email: email, operator_password: password } = stack;
  const json = `-H 'content-type: application/json'`;
  const post = (path: string, body: object, cookies: string) =>
    `  curl ${cookies} ${cookieFile} ${json} ${base}/api/${path} \\\n    -d '${JSON.stringify(body)}'`;
  const node = { provider_id: "hetzner", name: "shop-1", server_type: "cx23", location: "nbg1", image: "debian-12" };
  return [
    "",
    `Pressluft      ${base}`,
    `login          ${email}   ${password}`,
    `Hetzner token  ${stack.hetzner_token}  read and write`,
    `               ${stack.hetzner_readonly_token}  read only, same project`,
    `Hetzner page   ${new URL("/", stack.hetzner_endpoint).href}   servers and faults of the simulator`,
    "",
    "Log in, connect, ask for a node; when it is active, for a site:",
    post("login", { email, password }, "-sc"),
    post("providers", { provider_id: "hetzner", api_token: stack.hetzner_token }, "-sb"),
    post("nodes", node, "-sb"),
    post("sites", { name: "Acme", slug: "acme" }, "-sb"),
    "",
    notes[machines],
    "",
    "Ctrl-C stops everything and forgets it.",
  ].join("\n");
}

/** Said where simulated servers get no machines. */
export const needsLinux =
  "Nodes need Linux: here a simulated server gets no machine, so its job ends with SSH not reached. All else works.";

const notes: Readonly<Record<Machines["kind"], string>> = {
  real: "Servers are real Debian hosts on this machine, reached at the address that the node shows; sites at their preview_url.",
  "stand-ins": "Servers are stand-ins: they play what is asked of them, and there is no WordPress to look at.",
  none: needsLinux,
};

/** One line of progress, with the seconds since the start. */
export const progressLine = (elapsedMs: number, text: string): string =>
  `${(elapsedMs / 1000).toFixed(1).padStart(6)} s  ${text}`;
