/** Faults of runs, chosen by words in the slugs of a site and its environments. README.md lists them. */
import type { RunScript } from "./playbooks.ts";

/** Each stands before `-at-<playbook>`. */
const faults: Readonly<Record<string, RunScript>> = {
  slow: { seconds: 30 },
  "task-fails": { end: { failedTask: "simulated : Something that does not work" } },
  "no-room": { end: { failedTask: "simulated : There is room on the disk" } },
  "no-answer": { end: { failedTask: "simulated : Restored site answers" } },
  "syntax-error": { end: { failedTask: "simulated : What cannot be read", exitCode: 4, recap: null } },
  "cut-off": { end: "is_cut_off" },
};
/** Of these `env-restore` knows nothing before it shows a site. */
const shows: readonly unknown[] = ["apply", "drill"];

export const runFaultNames: readonly string[] = Object.keys(faults);

/** Of a backup: so many that it asks for addresses twice. */
const manyParts = { word: "many-parts", parts: 41 };

/** A run, and the host names of the environments that it is about. */
export interface Faulted {
  readonly playbook: string;
  /** Of `env-restore`. */
  readonly mode: unknown;
  readonly hosts: readonly string[];
}

/** What the words in its slugs make a run do. They stand anywhere between hyphens and combine. */
export const decideRun = ({ playbook, mode, hosts }: Faulted): RunScript => {
  const labels = hosts.flatMap((host) => host.split("."));
  const isSaid = (word: string): boolean => labels.some((label) => `-${label}-`.includes(`-${word}-`));
  const isMet = (what: string): boolean => what !== "no-answer" || shows.includes(mode);
  const found = Object.entries(faults).filter(([what]) => isSaid(`${what}-at-${playbook}`) && isMet(what));
  const parts = isSaid(manyParts.word) ? { parts: manyParts.parts } : {};
  return Object.assign(parts, ...found.map(([, script]) => script));
};
