/** Orders a node: where, how large, and what it costs before the click. */
import { A } from "@solidjs/router";
import { createQuery } from "@tanstack/solid-query";
import { createMemo, createSignal, For, type JSX, Show } from "solid-js";
import type { ProviderConnection, ProviderOptions } from "../../contracts/models.ts";
import { createJobMutation } from "../api/asking.ts";
import { call } from "../api/call.ts";
import { ApiFailure } from "../api/failure.ts";
import { makeKeys } from "../api/keys.ts";
import { metricsQuery, optionsQuery, providersQuery } from "../api/queries.ts";
import { Answered, Failure, Loading } from "../parts/answers.tsx";
import { ChoiceField, TextField } from "../parts/fields.tsx";
import { Empty, Page } from "../parts/page.tsx";
import { Age, Guidance } from "../parts/small.tsx";
import { costWords, locationChoices, placeOf, typesAt } from "../words/options.ts";

export const NewNode = (): JSX.Element => {
  const providers = createQuery(() => providersQuery());
  const blocked = () => providers.data?.find(({ status }) => status !== "connected");
  return (
    <Page title="Create node" answer="A server at Hetzner, set up for WordPress.">
      <Show when={blocked()} fallback={<Order />}>
        {(provider) => <Blocked provider={provider()} />}
      </Show>
    </Page>
  );
};

const Blocked = (props: { readonly provider: ProviderConnection }): JSX.Element => (
  <Empty title={`${props.provider.display_name} is not ready to order servers`}>
    <p>{props.provider.last_status_message}</p>
    <Guidance steps={props.provider.guidance} />
    <A class="button primary" href="/providers">
      To the providers
    </A>
  </Empty>
);

const Order = (): JSX.Element => {
  const options = createQuery(() => optionsQuery());
  return (
    <Answered query={options} loading={<Loading what="what Hetzner sells" />}>
      {(found) => <Form options={found()} />}
    </Answered>
  );
};

const Form = (props: { readonly options: ProviderOptions }): JSX.Element => {
  const metrics = createQuery(() => metricsQuery());
  const [name, setName] = createSignal("");
  const [location, setLocation] = createSignal(props.options.defaults.location);
  const [serverType, setServerType] = createSignal(props.options.defaults.server_type);
  const wish = () => ({
    provider_id: props.options.provider_id,
    server_type: serverType(),
    location: location(),
    ...(name() === "" ? {} : { name: name() }),
  });
  const keyOf = makeKeys(() => crypto.randomUUID());
  const types = createMemo(() => typesAt(props.options, location(), Date.now()));
  const place = createMemo(() => placeOf(props.options, serverType(), location()));
  const order = createJobMutation(() => call("createNode", { body: wish() }, { idempotencyKey: keyOf(wish()) }));
  const faultOf = (field: string) =>
    order.error instanceof ApiFailure && order.error.field === field ? order.error.message : null;
  const otherFailure = () => (order.error instanceof ApiFailure && order.error.field !== null ? null : order.error);
  return (
    <section class="card">
      <form
        aria-label="New node"
        onSubmit={(event) => {
          event.preventDefault();
          order.mutate();
        }}
      >
        <Show when={otherFailure()}>{(failure) => <Failure failure={failure()} title="It was not ordered." />}</Show>
        <TextField
          id="name"
          label="Name"
          hint="Its name at Hetzner, too. Lower-case letters, digits and hyphens. Empty: one is made."
          fault={faultOf("name")}
          value={name()}
          onInput={setName}
          input={{ autocomplete: "off", maxLength: 63, spellcheck: false }}
        />
        <ChoiceField
          id="location"
          label="Location"
          fault={faultOf("location")}
          value={location()}
          onChange={setLocation}
        >
          <For each={locationChoices(props.options)}>{(one) => <option value={one.value}>{one.words}</option>}</For>
        </ChoiceField>
        <ChoiceField
          id="server-type"
          label="Type"
          hint={
            <>
              Stock is a hint. Prices as of <Age at={props.options.fetched_at} never="not fetched yet" />.
            </>
          }
          fault={faultOf("server_type")}
          value={serverType()}
          onChange={setServerType}
        >
          <For each={types()}>{(one) => <option value={one.value}>{one.words}</option>}</For>
        </ChoiceField>
        <p aria-live="polite">
          <strong>{costWords(place(), metrics.data?.monthly_cost_total ?? 0)}</strong>
        </p>
        <button class="button primary" type="submit" disabled={order.isPending || place() === undefined}>
          {order.isPending ? "Ordering …" : "Order it"}
        </button>
      </form>
    </section>
  );
};
