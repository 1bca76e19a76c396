/** Begins a job without leaving the page: it is shown where it was asked for. */
import { createMutation, useQueryClient } from "@tanstack/solid-query";
import { onCleanup } from "solid-js";
import type { Job } from "../../contracts/models.ts";
import { isUnknown } from "../api/failure.ts";
import { makeKeys } from "../api/keys.ts";
import { jobQuery } from "../api/queries.ts";
import { remember } from "../api/started.ts";
import { isOver } from "../words/jobs.ts";

const touched = ["getSite", "listEnvironments", "listBackups", "getMetrics"];

/** `ask` answers the job's id. It counts as sent when the page shows that job. */
export const createBegin = (ask: () => Promise<{ readonly job_id: string }>) => {
  const client = useQueryClient();
  const begun: string[] = [];
  const isOpen = (id: string): boolean => {
    const job = client.getQueryData<Job>(jobQuery(id).queryKey);
    return job === undefined || !isOver(job.status);
  };
  // Whoever leaves the page before the end is told of it elsewhere.
  onCleanup(() => begun.filter(isOpen).forEach(remember));
  const lookAgain = () => Promise.all(touched.map((name) => client.invalidateQueries({ queryKey: [name] })));
  return createMutation(() => ({
    mutationFn: ask,
    onSuccess: async ({ job_id }: { readonly job_id: string }) => {
      begun.push(job_id);
      await lookAgain();
    },
    // It may have begun all the same.
    onError: (failure) => void (isUnknown(failure) && lookAgain()),
  }));
};

/**
 * Keys for the wishes of one opened dialog: opened as a fresh question, the same wish is another one. They go with the
 * page: an environment has one job at a time, so that a wish whose answer was lost is refused or seen there.
 */
export const createIntent = () => {
  const keys = makeKeys(() => crypto.randomUUID());
  return { keyOf: keys.keyOf, renew: keys.forget };
};
