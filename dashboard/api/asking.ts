/** Asking for what a job does: the answer is the job, and the reader is led to it. */
import { useNavigate } from "@solidjs/router";
import { createMutation, useQueryClient } from "@tanstack/solid-query";
import { onCleanup } from "solid-js";
import { isUnknown } from "./failure.ts";
import { remember } from "./started.ts";

/**
 * `ask` answers the job's id. The job is shown, and what is on the screen is asked for again. Whoever has left meanwhile
 * stays where they are: a message tells how it ends.
 */
export const createJobMutation = (ask: () => Promise<{ readonly job_id: string }>) => {
  const client = useQueryClient();
  const navigate = useNavigate();
  let isHere = true;
  onCleanup(() => {
    isHere = false;
  });
  return createMutation(() => ({
    mutationFn: ask,
    onSuccess: ({ job_id }: { readonly job_id: string }) => {
      remember(job_id);
      if (isHere) navigate(`/jobs/${job_id}`);
      void client.invalidateQueries();
    },
    // It may have happened all the same.
    onError: (failure) => void (isUnknown(failure) && client.invalidateQueries()),
  }));
};
