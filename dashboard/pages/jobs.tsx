/** What goes on, and what went on. */
import { useSearchParams } from "@solidjs/router";
import { createMutation, createQuery } from "@tanstack/solid-query";
import { createMemo, createSignal, For, type JSX, Show } from "solid-js";
import { type Job, jobTypes } from "../../contracts/models.ts";
import { askJobs, jobsQuery } from "../api/queries.ts";
import { Answered, Failure, Loading } from "../parts/answers.tsx";
import { JobTable } from "../parts/job-table.tsx";
import { createNames } from "../parts/names.ts";
import { Empty, Page } from "../parts/page.tsx";
import { chooseJobs, countJobs, type JobWish, jobGroups, jobGroupWords, jobsAnswer, jobWishOf } from "../words/jobs.ts";
import { jobWords } from "../words/steps.ts";

export const Jobs = (): JSX.Element => {
  const jobs = createQuery(() => jobsQuery());
  return (
    <Page title="Jobs" answer={jobs.data ? jobsAnswer(jobs.data.items) : "Counting …"}>
      <Answered query={jobs} loading={<Loading what="jobs" />}>
        {(page) => (
          <Show when={page().items.length > 0} fallback={<NoJob />}>
            <Chosen newest={page().items} cursor={page().cursor} />
          </Show>
        )}
      </Answered>
    </Page>
  );
};

const NoJob = (): JSX.Element => (
  <Empty title="Nothing was asked for yet">
    <p>
      Whatever takes longer than a moment is a job: a node, a site, a backup. Each can be watched here, and most can be
      cancelled.
    </p>
  </Empty>
);

const Chosen = (props: { readonly newest: readonly Job[]; readonly cursor: string | null }): JSX.Element => {
  const older = createOlder(() => props.cursor);
  const [query, setQuery] = useSearchParams();
  const wish = createMemo(() => jobWishOf(query));
  const all = createMemo(() => {
    const known = new Set(props.newest.map(({ id }) => id));
    return [...props.newest, ...older.jobs().filter(({ id }) => !known.has(id))];
  });
  const shown = createMemo(() => chooseJobs(all(), wish()));
  const names = createNames();
  return (
    <>
      <Tools
        jobs={all()}
        wish={wish()}
        onWish={({ group, kind }) => setQuery({ group: group === "all" ? null : group, kind })}
      />
      <Show when={shown().length > 0} fallback={<p class="dim">None of these {all().length} jobs fits.</p>}>
        <JobTable jobs={shown()} nameOf={(job) => names()(job)} />
      </Show>
      <Show when={older.failure()}>
        {(failure) => <Failure failure={failure()} title="No older jobs were loaded." />}
      </Show>
      <Show when={older.hasMore()} fallback={<p class="dim">These are all jobs there are.</p>}>
        <p class="dim">
          Filter of the newest {all().length} jobs.{" "}
          <button class="button small" type="button" onClick={() => older.load()} disabled={older.isLoading()}>
            {older.isLoading() ? "Loading …" : "Older jobs"}
          </button>
        </p>
      </Show>
    </>
  );
};

/** Pages before the newest one, asked for one by one. What is in them is over, so it is not asked for again. */
const createOlder = (first: () => string | null) => {
  const [jobs, setJobs] = createSignal<readonly Job[]>([]);
  const [next, setNext] = createSignal<string | null | undefined>();
  const cursor = () => (next() === undefined ? first() : (next() ?? null));
  const load = createMutation(() => ({
    mutationFn: () => askJobs(cursor()),
    onSuccess: (page: Awaited<ReturnType<typeof askJobs>>) => {
      setJobs([...jobs(), ...page.items]);
      setNext(page.cursor);
    },
  }));
  return {
    jobs,
    hasMore: () => cursor() !== null,
    load: () => load.mutate(),
    isLoading: () => load.isPending,
    failure: () => load.error,
  };
};

const Tools = (props: {
  readonly jobs: readonly Job[];
  readonly wish: JobWish;
  onWish(wish: JobWish): void;
}): JSX.Element => {
  const counts = createMemo(() => countJobs(props.jobs));
  return (
    <div class="tools">
      <fieldset class="segments">
        <legend class="visually-hidden">Show</legend>
        <For each={jobGroups}>
          {(group) => (
            <label>
              <input
                class="visually-hidden"
                type="radio"
                name="group"
                checked={props.wish.group === group}
                onChange={() => props.onWish({ ...props.wish, group })}
              />
              {jobGroupWords[group]} {counts()[group]}
            </label>
          )}
        </For>
      </fieldset>
      <select
        aria-label="Kind of job"
        value={props.wish.kind ?? ""}
        onChange={(event) => {
          const kind = jobTypes.find((one) => one === event.currentTarget.value) ?? null;
          props.onWish({ ...props.wish, kind });
        }}
      >
        <option value="">Every kind</option>
        <For each={jobTypes}>{(kind) => <option value={kind}>{jobWords[kind]}</option>}</For>
      </select>
    </div>
  );
};
