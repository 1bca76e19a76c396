/** How the jobs of this tab ended, said once, wherever one is. */
import { A, useLocation } from "@solidjs/router";
import { createQuery } from "@tanstack/solid-query";
import { createEffect, createMemo, createSignal, For, type JSX, Show } from "solid-js";
import type { Job } from "../../contracts/models.ts";
import { BUSY_MS } from "../api/polling.ts";
import { jobQuery } from "../api/queries.ts";
import { forget, started } from "../api/started.ts";
import { endWord, isOver } from "../words/jobs.ts";
import { jobLooks } from "../words/looks.ts";

export const Messages = (): JSX.Element => {
  const [ended, setEnded] = createSignal<readonly Job[]>([]);
  const dismiss = (id: string) => setEnded(ended().filter((job) => job.id !== id));
  return (
    <>
      <For each={started()}>{(id) => <Follow id={id} onEnd={(job) => setEnded([...ended(), job])} />}</For>
      <section class="messages" aria-label="Messages" aria-live="polite">
        <For each={ended()}>{(job) => <Message job={job} onDismiss={() => dismiss(job.id)} />}</For>
      </section>
    </>
  );
};

/** Asks for a job until it ends. Its own page tells its end itself. */
const Follow = (props: { readonly id: string; onEnd(job: Job): void }): JSX.Element => {
  const job = createQuery(() => jobQuery(props.id, BUSY_MS));
  const location = useLocation();
  createEffect(() => {
    if (!job.data || !isOver(job.data.status)) return;
    if (location.pathname !== `/jobs/${props.id}`) props.onEnd({ ...job.data });
    forget(props.id);
  });
  return null;
};

const Message = (props: { readonly job: Job; onDismiss(): void }): JSX.Element => {
  const subject = createMemo(() => {
    const { node_id, site_id, job_type, status } = props.job;
    if (status !== "succeeded" || job_type.endsWith("_delete")) return null;
    if (site_id !== null) return { href: `/sites/${site_id}`, words: "Show the site" };
    return node_id === null ? null : { href: `/nodes/${node_id}`, words: "Show the node" };
  });
  return (
    <div class="message" data-tone={jobLooks[props.job.status].tone}>
      <span class="message-words">{endWord(props.job)}</span>
      <A href={`/jobs/${props.job.id}`} onClick={() => props.onDismiss()}>
        Show the job
      </A>
      <Show when={subject()}>
        {(to) => (
          <A href={to().href} onClick={() => props.onDismiss()}>
            {to().words}
          </A>
        )}
      </Show>
      <button class="button small" type="button" onClick={() => props.onDismiss()}>
        Dismiss
      </button>
    </div>
  );
};
