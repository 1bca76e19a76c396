/** Is Pressluft allowed to order servers, and if not, what to do? */
import { createQuery } from "@tanstack/solid-query";
import { createSignal, For, type JSX, Show } from "solid-js";
import type { ProviderConnection } from "../../contracts/models.ts";
import { providersQuery } from "../api/queries.ts";
import { Answered, beforeAnswer, Loading } from "../parts/answers.tsx";
import { Page } from "../parts/page.tsx";
import { Connect } from "../parts/provider-connect.tsx";
import { Actions, Facts } from "../parts/provider-facts.tsx";
import { Guidance, State } from "../parts/small.tsx";
import { providerLooks } from "../words/looks.ts";
import { answerOf, sayWhy } from "../words/providers.ts";

export const Providers = (): JSX.Element => {
  const providers = createQuery(() => providersQuery());
  return (
    <Page title="Providers" answer={providers.data ? answerOf(providers.data) : beforeAnswer(providers)}>
      <Answered query={providers} loading={<Loading what="providers" />}>
        {(all) => <For each={all()}>{(provider) => <Provider provider={provider} />}</For>}
      </Answered>
    </Page>
  );
};

const Provider = (props: { readonly provider: ProviderConnection }): JSX.Element => {
  // What the form says of the last try is not said twice.
  const [isToldThere, setToldThere] = createSignal(false);
  return (
    <section class="columns" aria-label={props.provider.display_name}>
      <div class="card">
        <h2>
          {props.provider.display_name} <State look={providerLooks[props.provider.status]} />
        </h2>
        <div role="status">
          <p>{sayWhy(props.provider)}</p>
        </div>
        <Show when={!isToldThere()}>
          <Guidance steps={props.provider.guidance} isWay={props.provider.status === "disconnected"} />
        </Show>
        <Show when={props.provider.status !== "disconnected"}>
          <Facts provider={props.provider} />
        </Show>
        <Actions provider={props.provider} />
      </div>
      <div class="card">
        <h2>{props.provider.secret_configured ? "Replace the token" : "Connect"}</h2>
        <Connect provider={props.provider} onTold={setToldThere} />
      </div>
    </section>
  );
};
