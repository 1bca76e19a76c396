/** What is known of a connection, and what can be done with it. */
import { A } from "@solidjs/router";
import { createMutation, createQuery, useQueryClient } from "@tanstack/solid-query";
import { For, type JSX, Show } from "solid-js";
import type { ProviderConnection } from "../../contracts/models.ts";
import { call } from "../api/call.ts";
import { nodesQuery } from "../api/queries.ts";
import { countWord, euroWord, numberWord } from "../words/amounts.ts";
import { unknownWords } from "../words/faults.ts";
import { sumOf } from "../words/nodes.ts";
import { budgetOf, capabilityWords } from "../words/providers.ts";
import { Failure } from "./answers.tsx";
import { Confirm } from "./confirm.tsx";
import { Meter } from "./meter.tsx";
import { Age } from "./small.tsx";

export const Facts = (props: { readonly provider: ProviderConnection }): JSX.Element => (
  <dl class="pairs">
    <Show when={props.provider.status_reason}>
      {(reason) => (
        <>
          <dt>Reason</dt>
          <dd>
            <code>{reason()}</code>
          </dd>
        </>
      )}
    </Show>
    <dt>Used to</dt>
    <dd>
      {props.provider.capabilities
        .map((capability) => capabilityWords[capability])
        .join(" and ")
        .toLowerCase() || "–"}
    </dd>
    <Users />
    <dt>Last checked</dt>
    <dd>
      <Age at={props.provider.last_checked_at} />
    </dd>
    <dt>Connected</dt>
    <dd>
      <Age at={props.provider.connected_at} never="not yet" />
    </dd>
    <dt>Token</dt>
    <dd>{props.provider.secret_configured ? "stored, never shown" : "none stored"}</dd>
    <Show when={props.provider.rate_limit}>{(budget) => <Budget budget={budget()} />}</Show>
  </dl>
);

const Users = (): JSX.Element => {
  const nodes = createQuery(() => nodesQuery());
  return (
    <Show when={nodes.data && nodes.data.items.length > 0 && nodes.data.items}>
      {(items) => (
        <>
          <dt>Carries</dt>
          <dd>
            <A href="/nodes">{countWord(items().length, "node")}</A>, {euroWord(sumOf(items()))} per month
          </dd>
        </>
      )}
    </Show>
  );
};

/** As Hetzner told it with its last answer. */
const Budget = (props: { readonly budget: NonNullable<ProviderConnection["rate_limit"]> }): JSX.Element => {
  const budget = () => budgetOf(props.budget);
  return (
    <>
      <dt>Requests left this hour</dt>
      <dd>
        {numberWord(props.budget.remaining)} of {numberWord(props.budget.limit)}
        <Meter label="Requests left" value={props.budget.remaining} max={props.budget.limit} tone={budget().tone} />
        <small>
          {budget().word}
          <Show when={budget().fullIn}>{(span) => <>, full again {span()}</>}</Show>
        </small>
      </dd>
    </>
  );
};

export const Actions = (props: { readonly provider: ProviderConnection }): JSX.Element => {
  const client = useQueryClient();
  const check = createMutation(() => ({
    mutationFn: () => call("checkProvider", { params: { provider_id: props.provider.provider_id } }),
    onSettled: () => client.invalidateQueries(),
  }));
  return (
    <>
      <Show when={check.error}>{(failure) => <Failure failure={failure()} title="It could not be checked." />}</Show>
      <div class="actions">
        <Show
          when={props.provider.secret_configured}
          fallback={
            <Show when={props.provider.status === "degraded"}>
              <Dismiss provider={props.provider} />
            </Show>
          }
        >
          <button
            class="button"
            type="button"
            aria-disabled={check.isPending ? "true" : undefined}
            onClick={() => check.isPending || check.mutate()}
          >
            {check.isPending ? "Checking …" : "Check now"}
          </button>
          <Disconnect provider={props.provider} />
        </Show>
      </div>
    </>
  );
};

const createLeave = (provider: () => ProviderConnection) => {
  const client = useQueryClient();
  return createMutation(() => ({
    mutationFn: () => call("disconnectProvider", { params: { provider_id: provider().provider_id } }),
    onSettled: () => client.invalidateQueries(),
  }));
};

/** A refused token is not stored: what is left of it is this message. */
const Dismiss = (props: { readonly provider: ProviderConnection }): JSX.Element => {
  const leave = createLeave(() => props.provider);
  return (
    <>
      <button class="button" type="button" onClick={() => leave.isPending || leave.mutate()}>
        Dismiss
      </button>
      <Show when={leave.error}>
        {(failure) => <Failure failure={failure()} title="It stays." unknown={unknownWords("it is gone", false)} />}
      </Show>
    </>
  );
};

const NAMED_MAX = 5;

const Disconnect = (props: { readonly provider: ProviderConnection }): JSX.Element => {
  const nodes = createQuery(() => nodesQuery());
  const holders = () => nodes.data?.items ?? [];
  const leave = createLeave(() => props.provider);
  return (
    <Confirm
      action="Disconnect"
      title={`Disconnect ${props.provider.display_name}`}
      busyWord="Disconnecting …"
      isTalk={holders().length > 0}
      isPending={leave.isPending}
      failure={leave.error}
      onOpen={() => leave.reset()}
      onConfirm={() => leave.mutate()}
    >
      <Show when={holders().length > 0} fallback={<Meaning />}>
        <p>
          {holders().length === 1 ? "A node still needs" : `${holders().length} nodes still need`} this connection.
          First delete {holders().length === 1 ? "it" : "them"}, and wait until nothing is billed any more:
        </p>
        <ul class="rows">
          <For each={holders().slice(0, NAMED_MAX)}>
            {(node) => (
              <li>
                <A href={`/nodes/${node.id}`}>{node.name}</A>
              </li>
            )}
          </For>
          <Show when={holders().length > NAMED_MAX}>
            <li>
              <A href="/nodes">and {holders().length - NAMED_MAX} more</A>
            </li>
          </Show>
        </ul>
      </Show>
    </Confirm>
  );
};

const Meaning = (): JSX.Element => (
  <>
    <p>The stored token is destroyed, and Pressluft's SSH key is taken out of the Hetzner project.</p>
    <p>
      No node can be created until you connect again. For that you need the token from where you keep it, or a new one:
      Hetzner shows a token once. Delete the old one in Hetzner's console if nothing else uses it.
    </p>
  </>
);
