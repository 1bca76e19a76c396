/** The form that takes a token to the API and keeps it nowhere. */
import { createMutation, useQueryClient } from "@tanstack/solid-query";
import { createEffect, createMemo, type JSX, on, Show } from "solid-js";
import type { ProviderConnection } from "../../contracts/models.ts";
import { call } from "../api/call.ts";
import { ApiFailure } from "../api/failure.ts";
import { nothingYet, outcomeOf } from "../words/providers.ts";
import { Failure } from "./answers.tsx";
import { SecretField } from "./fields.tsx";
import { Form, Submit } from "./form.tsx";
import { Guidance } from "./small.tsx";

/** What to know of Hetzner's tokens before one is made. */
const WorthKnowing = (): JSX.Element => (
  <details class="more">
    <summary>What to know about Hetzner's tokens</summary>
    <ul>
      <li>A token belongs to one project. Servers are made in that project alone.</li>
      <li>It needs the permission Read &amp; Write. A permission cannot be changed later: make a new token instead.</li>
      <li>It has 64 characters and is shown once. What the console's list goes on showing is only its beginning.</li>
      <li>It has no end. Delete it in the console when it is not used any more.</li>
      <li>All tokens of a project share 3,600 requests an hour, and so do your other tools.</li>
    </ul>
  </details>
);

/** The token goes from the field into one request. It is no argument of the mutation, which a cache would keep. */
const createConnect = (provider: () => ProviderConnection, takeToken: () => string) => {
  const client = useQueryClient();
  return createMutation(() => ({
    mutationFn: () =>
      call("connectProvider", { body: { provider_id: provider().provider_id, api_token: takeToken() } }),
    onSettled: () => client.invalidateQueries(),
    gcTime: 0,
  }));
};

export const Connect = (props: {
  readonly provider: ProviderConnection;
  /** Whether the last try is told of here. */
  onTold(isTold: boolean): void;
}): JSX.Element => {
  let field: HTMLInputElement | undefined;
  const takeToken = () => {
    const token = field?.value ?? "";
    if (field !== undefined) field.value = "";
    return token;
  };
  const connect = createConnect(() => props.provider, takeToken);
  // Once nothing is connected any more, what the last try came to is no longer so.
  createEffect(
    on(
      () => props.provider.status,
      (status) => status === "disconnected" && !connect.isPending && connect.reset(),
      { defer: true },
    ),
  );
  const outcome = createMemo(() =>
    connect.isPending ? nothingYet : outcomeOf(connect.data, errorOf(connect.error), props.provider.status),
  );
  const diagnosis = () => outcome().diagnosis;
  createEffect(() => {
    props.onTold(diagnosis() !== null);
    if (diagnosis() !== null) field?.focus();
  });
  const unheard = () => (errorOf(connect.error) === null ? connect.error : null);
  return (
    <Form
      label={`Token of ${props.provider.display_name}`}
      isBusy={connect.isPending}
      failure={connect.error}
      onSubmit={() => connect.mutate()}
    >
      <SecretField
        id="api-token"
        label="API token"
        hint="Checked at Hetzner at once by reading and writing, stored in AWS Secrets Manager, never shown again."
        fault={diagnosis()?.message ?? null}
        ref={(input) => {
          field = input;
        }}
      />
      <Show when={diagnosis()}>{(found) => <Guidance steps={found().guidance} />}</Show>
      <Show when={unheard()}>
        {(failure) => <Failure failure={failure()} title="It is not known whether the token arrived." />}
      </Show>
      <div class="actions">
        <Submit
          word={props.provider.secret_configured ? "Replace token" : "Connect"}
          busyWord="Checking at Hetzner …"
          isBusy={connect.isPending}
        />
        <a class="quiet" href="https://console.hetzner.com/" target="_blank" rel="noopener noreferrer">
          Open Hetzner's console
          <span class="visually-hidden"> in a new tab</span>
        </a>
        <p role="status">{outcome().success ?? ""}</p>
      </div>
      <WorthKnowing />
    </Form>
  );
};

const errorOf = (failure: unknown): ApiFailure["error"] => (failure instanceof ApiFailure ? failure.error : null);
