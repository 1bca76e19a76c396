/** Which sites there are, and where each can be seen. */
import { A } from "@solidjs/router";
import { createQuery } from "@tanstack/solid-query";
import { For, type JSX, Show } from "solid-js";
import type { Site } from "../../contracts/site-models.ts";
import { nodesQuery, sitesQuery } from "../api/queries.ts";
import { Answered, Loading } from "../parts/answers.tsx";
import { Empty, Page } from "../parts/page.tsx";
import { Age, State } from "../parts/small.tsx";
import { countWord } from "../words/amounts.ts";
import { siteLooks } from "../words/looks.ts";

const answerOf = (sites: readonly Site[]): string => {
  const failed = sites.filter(({ status }) => status === "failed").length;
  const active = sites.filter(({ status }) => status === "active").length;
  return [countWord(sites.length, "site"), `${active} active`, failed === 0 ? "none failed" : `${failed} failed`].join(
    " · ",
  );
};

const Create = (props: { readonly words: string }): JSX.Element => (
  <A class="button primary" href="/sites/new">
    {props.words}
  </A>
);

export const Sites = (): JSX.Element => {
  const sites = createQuery(() => sitesQuery());
  const nodes = createQuery(() => nodesQuery());
  const nodeName = (id: string) => nodes.data?.items.find((node) => node.id === id)?.name ?? "its node";
  return (
    <Page
      title="Sites"
      answer={sites.data ? answerOf(sites.data.items) : "Counting …"}
      actions={<Create words="Create site" />}
    >
      <Answered query={sites} loading={<Loading what="sites" />}>
        {(listed) => (
          <Show
            when={listed().items.length > 0}
            fallback={
              <Empty title="No site yet">
                <p>A site is WordPress on one of your nodes, with as many clones as you like to try things out.</p>
                <Create words="Create the first" />
              </Empty>
            }
          >
            <div class="table-wrap">
              <table>
                <thead>
                  <tr>
                    <th>Name</th>
                    <th>State</th>
                    <th>Node</th>
                    <th class="number">Age</th>
                  </tr>
                </thead>
                <tbody>
                  <For each={listed().items}>
                    {(site) => (
                      <tr>
                        <td>
                          <A class="name" href={`/sites/${site.id}`}>
                            {site.name}
                          </A>
                          <div class="why mono">{site.slug}</div>
                        </td>
                        <td>
                          <State look={siteLooks[site.status]} />
                        </td>
                        <td>
                          <A href={`/nodes/${site.node_id}`}>{nodeName(site.node_id)}</A>
                        </td>
                        <td class="number dim">
                          <Age at={site.created_at} ago={false} />
                        </td>
                      </tr>
                    )}
                  </For>
                </tbody>
              </table>
            </div>
          </Show>
        )}
      </Answered>
    </Page>
  );
};
