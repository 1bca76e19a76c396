/** Asking for what a job does: the answer is the job, and the reader is led to it. */
import { useNavigate } from "@solidjs/router";
import { createMutation, useQueryClient } from "@tanstack/solid-query";
import { remember } from "./started.ts";

/** `ask` answers the job's id. The job is shown, and what is on the screen is asked for again. */
export const createJobMutation = (ask: () => Promise<{ readonly job_id: string }>) => {
  const client = useQueryClient();
  const navigate = useNavigate();
  return createMutation(() => ({
    mutationFn: ask,
    onSuccess: ({ job_id }: { readonly job_id: string }) => {
      remember(job_id);
      navigate(`/jobs/${job_id}`);
      void client.invalidateQueries();
    },
  }));
};
