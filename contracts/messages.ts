/** What travels through the job queue. The job item is the truth; the message only says "look at this job". */
import * as z from "zod";

export const jobMessage = z.strictObject({
  v: z.literal(1),
  job_id: z.uuid(),
  /** The job's `wake_seq` this message is for: any other number makes it a duplicate. */
  seq: z.int().min(0),
});
export type JobMessage = z.infer<typeof jobMessage>;
