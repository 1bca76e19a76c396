/** Why a smoke failed, and how that is told to the person who reads its output. */
import type { ErrorAnswer, JobAnswer } from "./answers.ts";

/** The request that failed, or that showed that something is wrong. */
export interface Command {
  readonly method: string;
  /** Without its query: that can hold a secret. */
  readonly path: string;
  /** null: no answer came. */
  readonly status: number | null;
}

export interface FailureFacts {
  readonly command?: Command | undefined;
  readonly answer?: ErrorAnswer | undefined;
  readonly job?: JobAnswer | undefined;
  /** What to do next, where neither answer nor job says it. */
  readonly guidance?: readonly string[] | undefined;
}

/** Something is not as it must be. */
export class SmokeFailed extends Error {
  override name = "SmokeFailed";
  readonly facts: FailureFacts;
  constructor(message: string, facts: FailureFacts = {}) {
    super(message);
    this.facts = facts;
  }
}

/** Lines of a job's log that are shown. */
const LOG_LINES_MAX = 40;

const row = (name: string, value: string): string => `  ${name.padEnd(10)}${value}`;
const rowIf = (name: string, value: string | null | undefined): string[] =>
  value === null || value === undefined || value === "" ? [] : [row(name, value)];

const describeCommand = ({ method, path, status }: Command): string[] => [
  row("command", `${method} ${path} -> ${status ?? "no answer"}`),
];

const describeAnswer = ({ code, message, guidance, request_id }: ErrorAnswer): string[] => [
  ...rowIf("code", code),
  ...rowIf("message", message),
  ...rowIf("request", request_id),
  ...guidance.map((text) => row("do", text)),
];

const describeJob = (job: JobAnswer): string[] => {
  const at =
    job.steps.find(({ status }) => status === "failed") ?? job.steps.find(({ status }) => status === "running");
  const log = job.log_tail.slice(-LOG_LINES_MAX);
  return [
    row("job", `${job.id} ${job.job_type} ${job.status}, attempt ${job.attempt_count}`),
    ...(at === undefined ? [] : [row("step", [at.name, at.status, at.detail ?? ""].join(" ").trim())]),
    ...rowIf("code", job.error_code),
    ...rowIf("reason", job.error_reason),
    ...rowIf("message", job.error_message),
    ...job.guidance.map((text) => row("do", text)),
    ...log.map((line) => row("log", `| ${line}`)),
  ];
};

/** The step that failed, and how long it took until then. */
export interface FailedStep {
  readonly name: string;
  readonly seconds: number;
}

/** The whole report of a failure, in lines. */
export const describeFailure = ({ name, seconds }: FailedStep, error: unknown): string[] => {
  const message = error instanceof Error ? error.message : String(error);
  const facts = error instanceof SmokeFailed ? error.facts : {};
  return [
    `FAILED  ${name} (${seconds.toFixed(1)} s): ${message}`,
    ...(facts.command ? describeCommand(facts.command) : []),
    ...(facts.answer ? describeAnswer(facts.answer) : []),
    ...(facts.job ? describeJob(facts.job) : []),
    ...(facts.guidance ?? []).map((text) => row("do", text)),
  ];
};

/** Takes secrets out of what is printed, and everything that a terminal would obey. */
export interface Scrubber {
  /** From now on this is never printed. */
  hide(secret: string): void;
  scrub(text: string): string;
}

export const makeScrubber = (): Scrubber => {
  const secrets = new Set<string>();
  const hide = (secret: string) => void (secret === "" || secrets.add(secret));
  const scrub = (text: string): string => {
    const longestFirst = [...secrets].sort((a, b) => b.length - a.length);
    const clean = longestFirst.reduce((left, secret) => left.replaceAll(secret, "[secret]"), text);
    return clean.replace(/\p{Cc}/gu, " ");
  };
  return { hide, scrub };
};
