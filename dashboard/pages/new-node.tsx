/** Orders a node: where, how large, and what it costs before the click. */
import { A, useSearchParams } from "@solidjs/router";
import { createQuery } from "@tanstack/solid-query";
import { createEffect, createMemo, createSignal, type JSX, Show } from "solid-js";
import type { ProviderConnection, ProviderOptions } from "../../contracts/models.ts";
import { createJobMutation } from "../api/asking.ts";
import { call } from "../api/call.ts";
import { ApiFailure } from "../api/failure.ts";
import { orders, sendOnce } from "../api/keys.ts";
import { metricsQuery, optionsQuery, providersQuery } from "../api/queries.ts";
import { Answered, Failure, Loading } from "../parts/answers.tsx";
import { createDraft } from "../parts/drafts.ts";
import { ChoiceField, TextField } from "../parts/fields.tsx";
import { Form, Submit } from "../parts/form.tsx";
import { Options } from "../parts/options.tsx";
import { Page } from "../parts/page.tsx";
import { Age, Guidance } from "../parts/small.tsx";
import { faultsOf, unknownWords } from "../words/faults.ts";
import {
  canOrder,
  choiceWords,
  costWords,
  imagesFor,
  isUnread,
  locationChoices,
  orderWord,
  placeOf,
  stockWarning,
  typesAt,
} from "../words/options.ts";

export const NewNode = (): JSX.Element => {
  const providers = createQuery(() => providersQuery());
  return (
    <Page title="Create node" answer="A server at Hetzner, set up for WordPress. It is billed from the order on.">
      <Answered query={providers} loading={<Loading what="providers" />}>
        {(found) => <Order blocked={found().find(({ status }) => status !== "connected")} />}
      </Answered>
    </Page>
  );
};

/** A form that was open stays, with what is typed in it, while the provider is not well for a moment. */
const Order = (props: { readonly blocked: ProviderConnection | undefined }): JSX.Element => {
  const options = createQuery(() => optionsQuery());
  const [wasOpen, setOpen] = createSignal(false);
  createEffect(() => props.blocked === undefined && setOpen(true));
  return (
    <>
      <Show when={props.blocked}>{(provider) => <Blocked provider={provider()} />}</Show>
      <Show when={wasOpen()}>
        <Answered query={options} loading={<Loading what="what Hetzner sells" />}>
          {(found) => <OrderForm options={found()} isBlocked={props.blocked !== undefined} />}
        </Answered>
      </Show>
    </>
  );
};

const Blocked = (props: { readonly provider: ProviderConnection }): JSX.Element => (
  <section class="notice" data-tone="warn" role="status">
    <h2>{props.provider.display_name} is not ready to order servers</h2>
    <p>{props.provider.last_status_message}</p>
    <Guidance steps={props.provider.guidance} isWay />
    <div class="actions">
      <A class="button primary" href="/providers">
        To the providers
      </A>
    </div>
  </section>
);

/** What the address asks for, what was typed before, or what is usual. */
const createWish = (options: ProviderOptions) => {
  const [query] = useSearchParams<{ name: string; location: string; server_type: string; image: string }>();
  const [name, setName] = createDraft("node-name", query.name ?? "");
  const [location, setLocation] = createDraft("node-location", query.location ?? options.defaults.location);
  const [serverType, setServerType] = createDraft("node-type", query.server_type ?? options.defaults.server_type);
  const [image, setImage] = createDraft("node-image", query.image ?? options.defaults.image);
  const wish = () => ({
    provider_id: options.provider_id,
    server_type: serverType(),
    location: location(),
    image: image(),
    ...(name().trim() === "" ? {} : { name: name().trim() }),
  });
  return { name, setName, location, setLocation, serverType, setServerType, image, setImage, wish };
};

const shown = ["name", "location", "server_type", "image"];

const OrderForm = (props: { readonly options: ProviderOptions; readonly isBlocked: boolean }): JSX.Element => {
  const metrics = createQuery(() => metricsQuery());
  const form = createWish(props.options);
  const place = createMemo(() => placeOf(props.options, form.serverType(), form.location()));
  const order = createJobMutation(() => {
    const body = form.wish();
    return sendOnce(orders, { createNode: body }, (idempotencyKey) => call("createNode", { body }, { idempotencyKey }));
  });
  const faults = () => faultsOf(order.error instanceof ApiFailure ? order.error.error : null);
  const otherFailure = () => (Object.keys(faults()).some((field) => shown.includes(field)) ? null : order.error);
  return (
    <section class="card narrow">
      <Form label="New node" isBusy={order.isPending} failure={order.error} onSubmit={() => order.mutate()}>
        <Show when={otherFailure()}>
          {(failure) => (
            <Failure failure={failure()} title="It was not ordered." unknown={unknownWords("it was ordered", true)} />
          )}
        </Show>
        <Fields options={props.options} form={form} faults={faults()} />
        <p class="price" role="status">
          {costWords(props.options, place(), metrics.data?.monthly_cost_total ?? null)}
        </p>
        <Submit
          word={orderWord(place())}
          busyWord="Ordering …"
          isBusy={order.isPending}
          isBlocked={props.isBlocked || !canOrder(props.options, place(), Date.now())}
        />
      </Form>
    </section>
  );
};

const Fields = (props: {
  readonly options: ProviderOptions;
  readonly form: ReturnType<typeof createWish>;
  readonly faults: Readonly<Record<string, string>>;
}): JSX.Element => {
  const type = () => props.form.serverType();
  const place = createMemo(() => placeOf(props.options, type(), props.form.location()));
  const missing = (chosen: string, words: string) => choiceWords(props.options, chosen, words);
  return (
    <>
      <TextField
        id="name"
        label="Name"
        hint="Its name at Hetzner, too. Lower-case letters, digits and hyphens. Left empty one is made."
        fault={props.faults.name}
        value={props.form.name()}
        onInput={props.form.setName}
        input={{ autocomplete: "off", autocapitalize: "off", maxLength: 63, spellcheck: false }}
      />
      <ChoiceField
        id="location"
        label="Location"
        fault={props.faults.location}
        value={props.form.location()}
        onChange={props.form.setLocation}
      >
        <Options
          choices={locationChoices(props.options, type(), Date.now())}
          chosen={props.form.location()}
          missing={missing(props.form.location(), "not known there")}
        />
      </ChoiceField>
      <ChoiceField
        id="server-type"
        label="Type"
        hint={
          <Show when={!isUnread(props.options)} fallback="What else Hetzner sells is shown as soon as it is read.">
            {stockWarning(place(), Date.now()) ?? "Stock is a hint, not a reservation."} Prices as of{" "}
            <Age at={props.options.fetched_at} />.
          </Show>
        }
        fault={props.faults.server_type}
        value={type()}
        onChange={props.form.setServerType}
      >
        <Options
          choices={typesAt(props.options, props.form.location(), Date.now())}
          chosen={type()}
          missing={missing(type(), "not sold there")}
        />
      </ChoiceField>
      <ChoiceField
        id="image"
        label="Image"
        fault={props.faults.image}
        value={props.form.image()}
        onChange={props.form.setImage}
      >
        <Options
          choices={imagesFor(props.options, type())}
          chosen={props.form.image()}
          missing={missing(props.form.image(), "not for this type")}
        />
      </ChoiceField>
    </>
  );
};
