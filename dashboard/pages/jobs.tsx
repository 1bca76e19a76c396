/** What goes on, and what went on. */
import { createQuery } from "@tanstack/solid-query";
import { type JSX, Show } from "solid-js";
import { isEnded, jobsQuery } from "../api/queries.ts";
import { Answered, Loading } from "../parts/answers.tsx";
import { JobTable } from "../parts/job-table.tsx";
import { Empty, Page } from "../parts/page.tsx";

export const Jobs = (): JSX.Element => {
  const jobs = createQuery(() => jobsQuery());
  const answer = () => {
    const items = jobs.data?.items;
    if (items === undefined) return "Counting …";
    const open = items.filter(({ status }) => !isEnded(status)).length;
    const failed = items.filter(({ status }) => status === "failed").length;
    return `${open} running or queued · ${failed} of the last ${items.length} failed`;
  };
  return (
    <Page title="Jobs" answer={answer()}>
      <Answered query={jobs} loading={<Loading what="jobs" />}>
        {(page) => (
          <Show when={page().items.length > 0} fallback={<Empty title="Nothing was asked for yet" />}>
            <JobTable jobs={page().items} />
          </Show>
        )}
      </Answered>
    </Page>
  );
};
