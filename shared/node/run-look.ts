/** Reads what a look at a run shows. All of it comes from a machine that others may control. */
import * as z from "zod";
import type { RunFacts } from "../domain/plans/plan.ts";
import { cutText, readRecap, readTail, readTask, scrubLine } from "./run-output.ts";
import type { SshOutcome } from "./ssh.ts";

const shortText = z.string().transform(cutText);
const lines = z.array(shortText).max(200).catch([]);

const lookSchema = z.object({
  state: z.enum(["absent", "prepared", "running", "ended", "interrupted"]),
  exit_code: z.int().nullable().catch(null),
  marks: lines,
  tail: lines,
  progress: z
    .object({
      done_bytes: z.number().nonnegative().optional().catch(undefined),
      text: shortText.optional().catch(undefined),
    })
    .nullable()
    .catch(null),
  need: z.unknown().optional(),
  result: z.unknown().optional(),
});
type Look = z.infer<typeof lookSchema>;

const PROGRESS_CHARS = 120;

const progressOf = ({ progress }: Look): string | null => {
  if (progress === null) return null;
  const { text, done_bytes: doneBytes } = progress;
  if (text !== undefined) return scrubLine(text, PROGRESS_CHARS);
  return doneBytes === undefined ? null : `${Math.round(doneBytes / 1_000_000)} MB`;
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const factsOf = (look: Look): RunFacts => ({
  reached: true,
  state: look.state,
  exitCode: look.exit_code,
  recap: readRecap(look.marks),
  task: readTask(look.marks),
  progress: progressOf(look),
  tail: readTail(look.tail),
  result: look.result ?? null,
  need: look.need ?? null,
});

/** The answer to `lookAtRunCommands`. One that is missing or cannot be understood says nothing of the run: not reached. */
export const readRunLook = (outcome: SshOutcome): RunFacts => {
  if (!outcome.reached) return { reached: false, reason: outcome.reason };
  const { exitCode = null, stdout = "" } = outcome.results[0] ?? {};
  if (exitCode === null) return { reached: false, reason: "timeout" };
  if (exitCode !== 0) return { reached: false, reason: `the look at the run failed with exit code ${exitCode}` };
  const parsed = lookSchema.safeParse(parseJson(stdout));
  return parsed.success ? factsOf(parsed.data) : { reached: false, reason: "the look at the run is not understood" };
};
