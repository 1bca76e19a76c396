/** Begins a job without leaving the page: it is shown where it was asked for. */
import { createMutation, useQueryClient } from "@tanstack/solid-query";
import { onCleanup } from "solid-js";
import type { Job } from "../../contracts/models.ts";
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
  return createMutation(() => ({
    mutationFn: ask,
    onSuccess: async ({ job_id }: { readonly job_id: string }) => {
      begun.push(job_id);
      await Promise.all(touched.map((name) => client.invalidateQueries({ queryKey: [name] })));
    },
  }));
};

/** Keys for the wishes of one opened dialog: opened again, the same wish is another one. */
export const createIntent = () => {
  const fresh = () => makeKeys(() => crypto.randomUUID());
  let keyOf = fresh();
  return {
    keyOf: (wish: object): string => keyOf(wish),
    renew: () => {
      keyOf = fresh();
    },
  };
};
