/** The commands by which the worker looks at a run of a playbook on a node and changes it. */
import type { RunOrder } from "../domain/playbooks.ts";
import type { Bundle } from "./bundle.ts";
import { changeExit, changeScript, lookScript, resultLimitBytes, runScript } from "./run-scripts.ts";
import type { SshCommand, SshOutcome } from "./ssh.ts";

/** One command line for a login shell of any kind, run as root. What it is about comes by standard input. */
const asRoot = (user: string, script: string): string => `${user === "root" ? "" : "sudo -n "}python3 -c '${script}'`;

/** The command line of a look, the same for every run. */
export const lookAtRunLine = (user: string): string => asRoot(user, lookScript);
/** The command line of every change. */
export const changeRunLine = (user: string): string => asRoot(user, changeScript);

/** A result, JSON of non-Latin text at its longest, and the end of a log. */
const lookLimitBytes = 2 * resultLimitBytes;

const runId = /^[a-z0-9][a-z0-9_-]{0,119}$/;
/** Part of a path on the node. Throws TypeError for what is no run's id: a bug, not an operator's mistake. */
const checked = (id: string): string => {
  if (!runId.test(id)) throw new TypeError("not the id of a run");
  return id;
};

const line = (about: object): string => `${JSON.stringify(about)}\n`;

const change = (user: string, about: object): SshCommand => ({ command: changeRunLine(user), stdin: line(about) });

/** What `readRunLook` reads. */
export const lookAtRunCommands = (user: string, id: string): readonly SshCommand[] => [
  {
    command: lookAtRunLine(user),
    stdin: line({ run_id: checked(id) }),
    outputLimitBytes: lookLimitBytes,
  },
];

/** Starts a run unless it is there. The playbooks are sent only if the node says that it does not have them. */
export const startRunCommands = (user: string, order: RunOrder, bundle: Bundle): readonly SshCommand[] => {
  const about = line({
    change: "start",
    run_id: checked(order.id),
    playbook: order.playbook,
    bundle: bundle.hash,
    timeout_minutes: order.timeoutMinutes,
    vars: order.vars,
    runner: runScript,
  });
  const command = changeRunLine(user);
  return [
    { command, stdin: about },
    { command, stdin: Buffer.concat([Buffer.from(about), bundle.archive]), onlyAfterExit: changeExit.noBundle },
  ];
};

/** Gives a run the answer numbered `count`. */
export const giveRunCommands = (
  user: string,
  given: { readonly runId: string; readonly count: number; readonly answer: unknown },
): readonly SshCommand[] => [
  change(user, { change: "give", run_id: checked(given.runId), count: given.count, answer: given.answer }),
];

/** Ends a run if it goes on; what is only prepared never begins. The next look tells when it is over. */
export const stopRunCommands = (user: string, id: string): readonly SshCommand[] => [
  change(user, { change: "stop", run_id: checked(id) }),
];

const complaints: ReadonlyMap<number | null, string> = new Map([
  [null, "The command on the node did not end in time"],
  [changeExit.noBundle, "The node does not have the playbooks"],
  [changeExit.damaged, "The playbooks arrived damaged on the node"],
  [changeExit.notStarted, "systemd on the node did not start the run"],
  [changeExit.noRun, "The run is not on the node"],
]);

/** What went wrong with a change of a run, in our own words; null: nothing that it knows of. */
export const readRunChange = (outcome: SshOutcome): string | null => {
  if (!outcome.reached) return `The node could not be reached (${outcome.reason})`;
  const exitCode = outcome.results.at(-1)?.exitCode ?? null;
  if (exitCode === 0) return null;
  return complaints.get(exitCode) ?? `The command on the node failed (exit code ${exitCode})`;
};
