/** Asking for what a job does: the answer is the job, and the reader is led to it. */
import { useNavigate } from "@solidjs/router";
import { createMutation, useQueryClient } from "@tanstack/solid-query";

/** `ask` answers the job's id. What is on the screen is asked for again, then the job is shown. */
export const createJobMutation = (ask: () => Promise<{ readonly job_id: string }>) => {
  const client = useQueryClient();
  const navigate = useNavigate();
  return createMutation(() => ({
    mutationFn: ask,
    onSuccess: async ({ job_id }: { readonly job_id: string }) => {
      await client.invalidateQueries();
      navigate(`/jobs/${job_id}`);
    },
  }));
};
