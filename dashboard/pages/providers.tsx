/** Is Pressluft allowed to order servers, and if not, what to do? */
import { createMutation, createQuery, useQueryClient } from "@tanstack/solid-query";
import { createSignal, For, type JSX, Show } from "solid-js";
import type { ProviderConnection } from "../../contracts/models.ts";
import { call } from "../api/call.ts";
import { ApiFailure } from "../api/failure.ts";
import { providersQuery } from "../api/queries.ts";
import { Answered, Failure, Loading } from "../parts/answers.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { TextField } from "../parts/fields.tsx";
import { Page } from "../parts/page.tsx";
import { Age, Guidance, State } from "../parts/small.tsx";
import { providerLooks, reasonWords } from "../words/looks.ts";

export const Providers = (): JSX.Element => {
  const providers = createQuery(() => providersQuery());
  const answer = () => {
    const all = providers.data;
    if (all === undefined) return "Asking …";
    return `${all.filter(({ status }) => status === "connected").length} of ${all.length} connected`;
  };
  return (
    <Page title="Providers" answer={answer()}>
      <Answered query={providers} loading={<Loading what="providers" />}>
        {(all) => <For each={all()}>{(provider) => <Provider provider={provider} />}</For>}
      </Answered>
    </Page>
  );
};

const Provider = (props: { readonly provider: ProviderConnection }): JSX.Element => (
  <div class="columns">
    <section class="card">
      <h2>
        {props.provider.display_name} <State look={providerLooks[props.provider.status]} />
      </h2>
      <p aria-live="polite">
        <Show when={props.provider.status_reason}>{(reason) => <strong>{reasonWords[reason()]}. </strong>}</Show>
        {props.provider.last_status_message}
      </p>
      <Guidance steps={props.provider.guidance} />
      <Facts provider={props.provider} />
      <Actions provider={props.provider} />
    </section>
    <section class="card">
      <h2>{props.provider.secret_configured ? "Replace the token" : "Connect"}</h2>
      <Show when={!props.provider.secret_configured}>
        <HowTo />
      </Show>
      <Connect provider={props.provider} />
    </section>
  </div>
);

const Facts = (props: { readonly provider: ProviderConnection }): JSX.Element => (
  <dl class="pairs">
    <dt>Checked</dt>
    <dd>
      <Age at={props.provider.last_checked_at} />
    </dd>
    <dt>Connected</dt>
    <dd>
      <Age at={props.provider.connected_at} />
    </dd>
    <Show when={props.provider.rate_limit}>
      {(budget) => (
        <>
          <dt>Requests left this hour</dt>
          <dd>
            {budget().remaining} of {budget().limit}
            <progress class="bar wide" max={budget().limit} value={budget().remaining} aria-label="Requests left" />
          </dd>
        </>
      )}
    </Show>
    <dt>Token</dt>
    <dd>{props.provider.secret_configured ? "stored, never shown" : "none"}</dd>
  </dl>
);

/** The way to a token in the console of Hetzner Cloud. */
const HowTo = (): JSX.Element => (
  <ol class="guidance numbered">
    <li>Open Hetzner's console and choose the project that Pressluft may order servers in.</li>
    <li>Security, then API tokens, then Generate API token.</li>
    <li>Choose Read &amp; Write. With Read alone nothing can be ordered.</li>
    <li>Copy the token: Hetzner shows it once. Put it in here.</li>
  </ol>
);

const Connect = (props: { readonly provider: ProviderConnection }): JSX.Element => {
  const client = useQueryClient();
  const [token, setToken] = createSignal("");
  const connect = createMutation(() => ({
    // The token is an argument of no mutation: a cache would keep that.
    mutationFn: () => {
      const api_token = token();
      setToken("");
      return call("connectProvider", { body: { provider_id: props.provider.provider_id, api_token } });
    },
    onSettled: () => client.invalidateQueries(),
  }));
  const fault = () => {
    const { error, data } = connect;
    if (error instanceof ApiFailure) return [error.message, ...(error.error?.guidance ?? [])].join(" ");
    return data && data.status !== "connected" ? [data.last_status_message, ...data.guidance].join(" ") : null;
  };
  return (
    <form
      aria-label={`Token of ${props.provider.display_name}`}
      autocomplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        connect.mutate();
      }}
    >
      <TextField
        id="api-token"
        label="API token"
        hint="It is checked at Hetzner at once, stored in AWS Secrets Manager, and never shown again."
        fault={fault()}
        value={token()}
        onInput={setToken}
        input={{ type: "password", autocomplete: "off", required: true, maxLength: 512, spellcheck: false }}
      />
      <button class="button primary" type="submit" disabled={connect.isPending || token() === ""}>
        {connect.isPending ? "Checking at Hetzner …" : props.provider.secret_configured ? "Replace" : "Connect"}
      </button>
      <p role="status">{connect.data?.status === "connected" ? "Connected: reading and writing work." : ""}</p>
    </form>
  );
};

const Actions = (props: { readonly provider: ProviderConnection }): JSX.Element => {
  const client = useQueryClient();
  const params = () => ({ provider_id: props.provider.provider_id });
  const after = { onSettled: () => client.invalidateQueries() };
  const check = createMutation(() => ({ mutationFn: () => call("checkProvider", { params: params() }), ...after }));
  const leave = createMutation(() => ({
    mutationFn: () => call("disconnectProvider", { params: params() }),
    ...after,
  }));
  return (
    <Show when={props.provider.secret_configured}>
      <Show when={check.error}>{(failure) => <Failure failure={failure()} title="It could not be checked." />}</Show>
      <div class="actions">
        <button class="button" type="button" onClick={() => check.mutate()} disabled={check.isPending}>
          {check.isPending ? "Checking …" : "Check now"}
        </button>
        <Confirm
          action="Disconnect"
          title={`Disconnect ${props.provider.display_name}`}
          name={props.provider.provider_id}
          isPending={leave.isPending}
          failure={leave.error}
          onConfirm={() => leave.mutate()}
        >
          <p>The stored token is destroyed. It is refused while any node, server or job still needs it.</p>
        </Confirm>
      </div>
    </Show>
  );
};
