/** Is all well, what needs me, what does it cost? */
import { A } from "@solidjs/router";
import { createQuery } from "@tanstack/solid-query";
import { For, type JSX, Show } from "solid-js";
import type { Metrics } from "../../contracts/models.ts";
import { jobsQuery, metricsQuery, providersQuery } from "../api/queries.ts";
import { Answered, Loading } from "../parts/answers.tsx";
import { JobTable } from "../parts/job-table.tsx";
import { Page } from "../parts/page.tsx";
import { Age, Guidance, Notice, State } from "../parts/small.tsx";
import { countWord, euroWord } from "../words/amounts.ts";
import { providerLooks } from "../words/looks.ts";

const answerOf = ({ nodes_total, nodes_not_ready, sites_total, monthly_cost_total }: Metrics): string =>
  [
    countWord(nodes_total, "node"),
    nodes_not_ready === 0 ? "all ready" : `${nodes_not_ready} not ready`,
    countWord(sites_total, "site"),
    `${euroWord(monthly_cost_total)} per month`,
  ].join(" · ");

export const Overview = (): JSX.Element => {
  const metrics = createQuery(() => metricsQuery());
  const providers = createQuery(() => providersQuery());
  const jobs = createQuery(() => jobsQuery());
  return (
    <Page title="Overview" answer={metrics.data ? answerOf(metrics.data) : "Counting …"}>
      <Show when={metrics.data?.servers_still_billing}>
        {(count) => (
          <Notice
            tone="bad"
            title={`${countWord(count(), "server is", "servers are")} still billed although it should be gone.`}
          >
            <p>Hetzner refuses to delete it. Pressluft tries again every hour.</p>
          </Notice>
        )}
      </Show>
      <Answered query={providers} loading={<Loading what="providers" />}>
        {(answer) => (
          <For each={answer()}>
            {(provider) => (
              <section class="card">
                <h2>
                  {provider.display_name} <State look={providerLooks[provider.status]} />
                </h2>
                <p>{provider.last_status_message}</p>
                <Guidance steps={provider.guidance} />
                <p class="dim">
                  Checked <Age at={provider.last_checked_at} />
                </p>
              </section>
            )}
          </For>
        )}
      </Answered>
      <section class="card">
        <h2>Latest jobs</h2>
        <Answered query={jobs} loading={<Loading what="jobs" />}>
          {(page) => (
            <Show when={page().items.length > 0} fallback={<p class="dim">Nothing was asked for yet.</p>}>
              <JobTable jobs={page().items.slice(0, 8)} />
              <p>
                <A href="/jobs">All jobs</A>
              </p>
            </Show>
          )}
        </Answered>
      </section>
    </Page>
  );
};
