/** Puts WordPress on a node. */
import { A } from "@solidjs/router";
import { createQuery } from "@tanstack/solid-query";
import { createSignal, For, type JSX, Show } from "solid-js";
import type { Node } from "../../contracts/models.ts";
import { createJobMutation } from "../api/asking.ts";
import { call } from "../api/call.ts";
import { ApiFailure } from "../api/failure.ts";
import { makeKeys } from "../api/keys.ts";
import { nodesQuery } from "../api/queries.ts";
import { Answered, Failure, Loading } from "../parts/answers.tsx";
import { ChoiceField, TextField } from "../parts/fields.tsx";
import { Empty, Page } from "../parts/page.tsx";
import { slugOf } from "../words/slug.ts";

export const NewSite = (): JSX.Element => {
  const nodes = createQuery(() => nodesQuery());
  const ready = () => nodes.data?.items.filter(({ readiness }) => readiness.is_ready) ?? [];
  return (
    <Page title="Create site" answer="WordPress on one of your nodes, with an address to look at it.">
      <Answered query={nodes} loading={<Loading what="nodes" />}>
        {() => (
          <Show
            when={ready().length > 0}
            fallback={
              <Empty title="No node is ready for a site">
                <p>Create a node, or see what the present ones lack.</p>
                <A class="button primary" href="/nodes">
                  To the nodes
                </A>
              </Empty>
            }
          >
            <Form nodes={ready()} />
          </Show>
        )}
      </Answered>
    </Page>
  );
};

const Form = (props: { readonly nodes: readonly Node[] }): JSX.Element => {
  const [name, setName] = createSignal("");
  const [ownSlug, setOwnSlug] = createSignal<string | null>(null);
  const [nodeId, setNodeId] = createSignal("");
  const slug = () => ownSlug() ?? slugOf(name());
  const wish = () => ({ name: name(), slug: slug(), ...(nodeId() === "" ? {} : { node_id: nodeId() }) });
  const keyOf = makeKeys(() => crypto.randomUUID());
  const create = createJobMutation(() => call("createSite", { body: wish() }, { idempotencyKey: keyOf(wish()) }));
  const faultOf = (field: string) =>
    create.error instanceof ApiFailure && create.error.field === field ? create.error.message : null;
  const otherFailure = () => (create.error instanceof ApiFailure && create.error.field !== null ? null : create.error);
  return (
    <section class="card">
      <form
        aria-label="New site"
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate();
        }}
      >
        <Show when={otherFailure()}>{(failure) => <Failure failure={failure()} title="It was not created." />}</Show>
        <TextField
          id="name"
          label="Title"
          hint="As visitors read it. WordPress can change it later."
          fault={faultOf("name")}
          value={name()}
          onInput={setName}
          input={{ required: true, maxLength: 100, autocomplete: "off" }}
        />
        <TextField
          id="slug"
          label="Short name"
          hint="A part of its address. Lower-case letters, digits and hyphens."
          fault={faultOf("slug")}
          value={slug()}
          onInput={setOwnSlug}
          input={{ required: true, maxLength: 40, autocomplete: "off", spellcheck: false }}
        />
        <ChoiceField id="node" label="Node" fault={faultOf("node_id")} value={nodeId()} onChange={setNodeId}>
          <option value="">The one with the fewest environments</option>
          <For each={props.nodes}>{(node) => <option value={node.id}>{node.name}</option>}</For>
        </ChoiceField>
        <button class="button primary" type="submit" disabled={create.isPending}>
          {create.isPending ? "Asking …" : "Create it"}
        </button>
      </form>
    </section>
  );
};
