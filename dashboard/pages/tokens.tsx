/** Tokens for scripts and CI: made, shown once, revoked. */
import { createMutation, createQuery, useQueryClient } from "@tanstack/solid-query";
import { For, type JSX, Show } from "solid-js";
import { type Answer, call } from "../api/call.ts";
import { tokensQuery } from "../api/queries.ts";
import { Answered, beforeAnswer, Loading } from "../parts/answers.tsx";
import { nowMs } from "../parts/clock.ts";
import { Confirm } from "../parts/confirm.tsx";
import { NewToken } from "../parts/new-token.tsx";
import { Page } from "../parts/page.tsx";
import { Age, State } from "../parts/small.tsx";
import { tokenLook, tokensAnswer } from "../words/tokens.ts";

type Token = Answer<"listTokens">[number];

export const Tokens = (): JSX.Element => {
  const tokens = createQuery(() => tokensQuery());
  return (
    <Page title="API tokens" answer={tokens.data ? tokensAnswer(tokens.data.items, nowMs()) : beforeAnswer(tokens)}>
      <div class="columns">
        <Answered query={tokens} loading={<Loading what="tokens" />}>
          {(listed) => (
            <Show when={listed().items.length > 0} fallback={<None />}>
              <Table tokens={listed().items} />
            </Show>
          )}
        </Answered>
        <section class="card">
          <h2>New token</h2>
          <NewToken />
          <p class="dim">
            <a href="/docs/api" rel="external">
              What a token can call: the API reference
            </a>
          </p>
        </section>
      </div>
    </Page>
  );
};

const None = (): JSX.Element => (
  <section class="card empty">
    <h2>No token yet</h2>
    <p>
      Scripts and CI call the same API as this page. They send a token as <code>Authorization: Bearer</code>.
    </p>
  </section>
);

const Table = (props: { readonly tokens: readonly Token[] }): JSX.Element => (
  <div class="table-wrap">
    <table class="cards" aria-label="API tokens">
      <thead>
        <tr>
          <th>Name</th>
          <th>State</th>
          <th>Made</th>
          <th>Ends</th>
          <th>
            <span class="visually-hidden">Revoke</span>
          </th>
        </tr>
      </thead>
      <tbody>
        <For each={props.tokens}>{(token) => <Row token={token} />}</For>
      </tbody>
    </table>
  </div>
);

const Row = (props: { readonly token: Token }): JSX.Element => (
  <tr>
    <td>
      <strong>{props.token.name}</strong>
    </td>
    <td data-label="State">
      <State look={tokenLook(props.token, nowMs())} />
    </td>
    <td class="dim" data-label="Made">
      <Age at={props.token.created_at} />
    </td>
    <td class="dim" data-label="Ends">
      <Age at={props.token.expires_at} />
    </td>
    <td class="number">
      <Revoke token={props.token} />
    </td>
  </tr>
);

const Revoke = (props: { readonly token: Token }): JSX.Element => {
  const client = useQueryClient();
  const remove = createMutation(() => ({
    mutationFn: () => call("deleteToken", { params: { id: props.token.id } }),
    onSettled: () => client.invalidateQueries({ queryKey: ["listTokens"] }),
  }));
  return (
    <Confirm
      action="Revoke"
      label={`Revoke ${props.token.name}`}
      title={`Revoke ${props.token.name}`}
      busyWord="Revoking …"
      isPending={remove.isPending}
      failure={remove.error}
      onConfirm={() => remove.mutate()}
    >
      <p>
        Whatever uses it is refused from the next call on. It does not come back: make a new token for what should go
        on. Jobs that it began go on.
      </p>
    </Confirm>
  );
};
