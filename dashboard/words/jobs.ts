/** A job in sentences: what is done now, when it goes on, how it ended. Pure: the screen only draws it. */
import { type Job, jobTypes } from "../../contracts/models.ts";
import { durationWord, numberWord, spanWord } from "./amounts.ts";
import { oneOf, type Query, wordOf } from "./lists.ts";
import { jobLooks, reasonWords } from "./looks.ts";
import { jobWords, stepWord } from "./steps.ts";

type Status = Job["status"];

/** Nothing more happens to it. */
export const isOver = (status: Status): boolean => status !== "queued" && status !== "running";

/** "Await actions, step 3 of 9". Null: none is under way. */
export const stepNow = ({ steps }: Pick<Job, "steps">): string | null => {
  const at = steps.findIndex(({ status }) => status === "running");
  const step = steps[at];
  return step === undefined ? null : `${stepWord(step.name)}, step ${at + 1} of ${steps.length}`;
};

/** Cancel, attempts and waits up to this long are nothing that a reader must be told of. */
const SOON_MS = 20_000;

type Rhythm = Pick<Job, "status" | "run_after" | "attempt_count" | "max_attempts">;

/** "next look in 4 s"; "attempt 2 of 3 in 52 s" after one that ended. Null: it is over, or nobody knows. */
export const nextLookWord = (
  { status, run_after, attempt_count, max_attempts }: Rhythm,
  nowMs: number,
): string | null => {
  if (isOver(status) || run_after === null) return null;
  const leftMs = Date.parse(run_after) - nowMs;
  if (leftMs < 1000) return "looking now";
  const isRetry = attempt_count > 1 && leftMs > SOON_MS;
  return `${isRetry ? `attempt ${attempt_count} of ${max_attempts}` : "next look"} in ${spanWord(leftMs)}`;
};

/** Under the step that is at work: which attempt it is, when it goes on, and how long it usually takes. */
export const rhythmOf = (job: Rhythm, nowMs: number, usuallyMs: number | undefined): string => {
  const next = nextLookWord(job, nowMs);
  const isToldByNext = next?.startsWith("attempt") === true;
  const attempt = job.attempt_count > 1 && !isToldByNext ? `attempt ${job.attempt_count} of ${job.max_attempts}` : null;
  const said = [attempt, next, usuallyWord(usuallyMs)].filter((part) => part !== null).join(" · ");
  return said.charAt(0).toUpperCase() + said.slice(1);
};

/** What a screen reader is told when something changes: the job and its step, not the seconds. */
export const announcementOf = (job: Job): string => {
  if (isOver(job.status)) return endWord(job);
  const step = stepNow(job);
  if (job.cancel_requested_at !== null) return `Cancelling${step === null ? "" : `: ${step}`}.`;
  return step === null ? `${jobLooks[job.status].word}.` : `${step}.`;
};

/** "Create node: failed. Sold out there." */
export const endWord = ({
  job_type,
  status,
  error_reason,
}: Pick<Job, "job_type" | "status" | "error_reason">): string => {
  const end = `${jobWords[job_type]}: ${jobLooks[status].word.toLowerCase()}.`;
  return error_reason === null ? end : `${end} ${reasonWords[error_reason]}.`;
};

const took = (job: Pick<Job, "started_at" | "finished_at">): string =>
  job.started_at === null || job.finished_at === null
    ? ""
    : `after ${durationWord(Date.parse(job.finished_at) - Date.parse(job.started_at))}`;

/** Behind the word of its state: how it goes, or how long it took. */
export const answerOf = (job: Job, nowMs: number): string => {
  if (isOver(job.status)) return took(job);
  const said = [stepNow(job) ?? "Waiting for its turn", nextLookWord(job, nowMs)];
  return said.filter((part) => part !== null).join(" · ");
};

/**
 * What a cancel means until it takes effect, and what it came to. A job that nobody had begun is over at once; any other
 * removes what it made first.
 */
export const receiptOf = ({ status, steps }: Pick<Job, "status" | "steps">): string => {
  if (status === "cancelled")
    return "It is cancelled: what it had made is removed, or listed with what it costs until it is.";
  if (isOver(status)) return "It had ended before the cancel took effect.";
  const isRemoving = steps.some(
    ({ name, status: at }) => at === "running" && /^(delete|remove|verify_gone)/.test(name),
  );
  return !isRemoving
    ? "It stops at its next look. What it made is removed first, so nothing stays billed; until then it counts as running."
    : "What it made is being removed, so that nothing stays billed.";
};

/** How long a step took in jobs of the same kind that ended well: the middle one. Null: fewer than three are known. */
const KNOWN_MIN = 3;

/** Of the jobs that are given, milliseconds by the name of the step. */
export const typicalSteps = (jobs: readonly Job[], job_type: Job["job_type"]): ReadonlyMap<string, number> => {
  const took = new Map<string, number[]>();
  const ended = jobs.filter((job) => job.job_type === job_type && job.status === "succeeded");
  for (const { name, started_at, finished_at, status } of ended.flatMap(({ steps }) => steps)) {
    if (status !== "succeeded" || started_at === null || finished_at === null) continue;
    took.set(name, [...(took.get(name) ?? []), Date.parse(finished_at) - Date.parse(started_at)]);
  }
  return new Map(
    [...took].flatMap(([name, times]) => {
      const middle = times.toSorted((one, other) => one - other)[Math.floor(times.length / 2)];
      return times.length < KNOWN_MIN || middle === undefined ? [] : [[name, middle] as const];
    }),
  );
};

/** "usually 31 s", of what takes a second and more. Null: not known, or not worth a word. */
export const usuallyWord = (ms: number | undefined): string | null =>
  ms === undefined || ms < 1000 ? null : `usually ${durationWord(ms)}`;

/** "2 running, 1 queued". Null: there is none. */
export const openWord = (open: { readonly running: number; readonly queued: number }): string | null => {
  const said = (["running", "queued"] as const).filter((status) => open[status] > 0);
  return said.map((status) => `${numberWord(open[status])} ${status}`).join(", ") || null;
};

/** "2 running, 1 queued · 3 of the last 50 failed". */
export const jobsAnswer = (jobs: readonly Job[]): string => {
  const count = (wanted: Status) => jobs.filter(({ status }) => status === wanted).length;
  const open = openWord({ running: count("running"), queued: count("queued") });
  const failed = count("failed");
  const past = failed === 0 ? `none of the last ${jobs.length} failed` : `${failed} of the last ${jobs.length} failed`;
  return [open ?? "Nothing runs", past].join(" · ");
};

export const jobGroups = ["all", "open", "failed", "succeeded", "cancelled"] as const;
export type JobGroup = (typeof jobGroups)[number];

const groupOfJob = (status: Status): JobGroup => (status === "queued" || status === "running" ? "open" : status);

export interface JobWish {
  readonly group: JobGroup;
  readonly kind: Job["job_type"] | null;
}

export const chooseJobs = (jobs: readonly Job[], { group, kind }: JobWish): Job[] =>
  jobs.filter(
    ({ status, job_type }) => (group === "all" || groupOfJob(status) === group) && (kind === null || job_type === kind),
  );

export const countJobs = (jobs: readonly Job[]): Readonly<Record<JobGroup, number>> => {
  const count = (group: JobGroup) => jobs.filter(({ status }) => groupOfJob(status) === group).length;
  return {
    all: jobs.length,
    open: count("open"),
    failed: count("failed"),
    succeeded: count("succeeded"),
    cancelled: count("cancelled"),
  };
};

const noneOver: ReadonlySet<string> = new Set();

/** The job that is open on each node, the newest of them. `over`: those that are known to have ended since. */
export const openJobsByNode = (jobs: readonly Job[], over = noneOver): ReadonlyMap<string, Job> =>
  new Map(
    jobs
      .filter(({ id, status }) => !isOver(status) && !over.has(id))
      .toReversed()
      .flatMap((job) => (job.node_id === null ? [] : [[job.node_id, job] as const])),
  );

export const jobGroupWords: Readonly<Record<JobGroup, string>> = {
  all: "All",
  open: "Open",
  failed: "Failed",
  succeeded: "Succeeded",
  cancelled: "Cancelled",
};

/** Of an address's query; what it does not know is as if it were not there. */
export const jobWishOf = (query: Query): JobWish => ({
  group: oneOf(jobGroups, wordOf(query, "group"), "all"),
  kind: jobTypes.find((kind) => kind === wordOf(query, "kind")) ?? null,
});

interface Named {
  readonly id: string;
  readonly name: string;
}

/** What a job is about, by name: its site, or else its node. Undefined: it is not among those that are known. */
export const nameJobs = (nodes: readonly Named[], sites: readonly Named[]) => {
  const names = new Map([...nodes, ...sites].map(({ id, name }) => [id, name]));
  return ({ site_id, node_id }: Pick<Job, "site_id" | "node_id">): string | undefined =>
    names.get(site_id ?? node_id ?? "");
};
