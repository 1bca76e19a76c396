/** What goes on, and what went on. */
import { useSearchParams } from "@solidjs/router";
import { createMutation, createQuery } from "@tanstack/solid-query";
import { createComputed, createEffect, createMemo, createSignal, For, type JSX, Show } from "solid-js";
import { type Job, jobTypes } from "../../contracts/models.ts";
import { LIST_MS } from "../api/polling.ts";
import { askJobs, jobQuery, jobsQuery } from "../api/queries.ts";
import { pushedOut, type ReadBack, withNewest, withOlder, withOne } from "../api/read-back.ts";
import { Answered, Failure, Loading } from "../parts/answers.tsx";
import { JobTable } from "../parts/job-table.tsx";
import { createNames } from "../parts/names.ts";
import { Empty, Page } from "../parts/page.tsx";
import { numberWord } from "../words/amounts.ts";
import {
  chooseJobs,
  countJobs,
  isOver,
  type JobWish,
  jobGroups,
  jobGroupWords,
  jobsAnswer,
  jobWishOf,
} from "../words/jobs.ts";
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
  const back = createReadBack(() => ({ items: props.newest, cursor: props.cursor }));
  const all = () => back.read().items;
  const [query, setQuery] = useSearchParams();
  const wish = createMemo(() => jobWishOf(query));
  const shown = createMemo(() => chooseJobs(all(), wish()));
  const names = createNames();
  const forgotten = createMemo(() => openIds(pushedOut(back.read(), props.newest)));
  return (
    <>
      <For each={forgotten()}>{(id) => <Follow id={id} onAnswer={back.tell} />}</For>
      <Tools
        jobs={all()}
        wish={wish()}
        onWish={({ group, kind }) => setQuery({ group: group === "all" ? null : group, kind })}
      />
      <Show when={shown().length > 0} fallback={<p class="dim">None of these {numberWord(all().length)} jobs fits.</p>}>
        <JobTable jobs={shown()} nameOf={(job) => names()(job)} />
      </Show>
      <Show when={back.failure()}>
        {(failure) => <Failure failure={failure()} title="No older jobs were loaded." />}
      </Show>
      <Show when={back.read().cursor !== null} fallback={<p class="dim">These are all jobs there are.</p>}>
        <p class="dim">
          Filter of the newest {numberWord(all().length)} jobs.{" "}
          <button
            class="button small"
            type="button"
            aria-disabled={back.isLoading() ? "true" : undefined}
            onClick={() => back.isLoading() || back.load()}
          >
            {back.isLoading() ? "Loading …" : "Older jobs"}
          </button>
        </p>
      </Show>
    </>
  );
};

/** The newest page; from the first click on what it pushes out stays, too, and each click puts an older page behind it. */
const createReadBack = (newest: () => ReadBack<Job>) => {
  const [read, setRead] = createSignal<ReadBack<Job>>({ items: [], cursor: null });
  let isBack = false;
  createComputed(() => {
    const page = { items: [...newest().items], cursor: newest().cursor };
    setRead((before) => (isBack ? withNewest(before, page) : page));
  });
  const load = createMutation(() => ({
    mutationFn: async () => {
      isBack = true;
      const { cursor } = read();
      const page = await askJobs(cursor);
      setRead((before) => withOlder(before, cursor, page));
    },
  }));
  return {
    read,
    load: () => load.mutate(),
    isLoading: () => load.isPending,
    failure: () => load.error,
    tell: (job: Job) => setRead((before) => withOne(before, job)),
  };
};

const openIds = (jobs: readonly Job[]): string[] => jobs.filter(({ status }) => !isOver(status)).map(({ id }) => id);

/** A job that is not over and that the newest page has no room for: nothing else asks how it goes on. */
const Follow = (props: { readonly id: string; onAnswer(job: Job): void }): JSX.Element => {
  const job = createQuery(() => jobQuery(props.id, LIST_MS));
  createEffect(() => job.data && props.onAnswer(job.data));
  return null;
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
