/** Puts WordPress on a node. */
import { A } from "@solidjs/router";
import { createQuery } from "@tanstack/solid-query";
import { createMemo, For, type JSX, Show } from "solid-js";
import type { Node } from "../../contracts/models.ts";
import { createJobMutation } from "../api/asking.ts";
import { call } from "../api/call.ts";
import { ApiFailure } from "../api/failure.ts";
import { orders, sendOnce } from "../api/keys.ts";
import { nodesQuery, sessionQuery } from "../api/queries.ts";
import { Answered, Failure, Loading } from "../parts/answers.tsx";
import { createDraft } from "../parts/drafts.ts";
import { ChoiceField, TextField } from "../parts/fields.tsx";
import { Form, Submit } from "../parts/form.tsx";
import { Options } from "../parts/options.tsx";
import { Page } from "../parts/page.tsx";
import { Guidance, State } from "../parts/small.tsx";
import { faultsOf, isToldAt, unknownWords } from "../words/faults.ts";
import { nodeLook } from "../words/looks.ts";
import { isReady, missingWord, nodeChoices } from "../words/options.ts";
import { slugOf } from "../words/slug.ts";

export const NewSite = (): JSX.Element => {
  const nodes = createQuery(() => nodesQuery());
  return (
    <Page
      title="Create site"
      answer="WordPress on one of your nodes, with an address to look at it. It costs nothing more."
    >
      <Answered query={nodes} loading={<Loading what="nodes" />}>
        {(listed) => (
          <>
            <Show when={!listed().items.some(isReady)}>
              <NoNode nodes={listed().items} />
            </Show>
            {/* It stays, with what is typed in it, while a node is not ready for a moment. */}
            <NewSiteForm nodes={listed().items} />
          </>
        )}
      </Answered>
    </Page>
  );
};

const NoNode = (props: { readonly nodes: readonly Node[] }): JSX.Element => (
  <section class="notice" data-tone="warn" role="status">
    <strong>{props.nodes.length === 0 ? "There is no node yet." : "No node is ready for a site."}</strong>
    <For each={props.nodes}>
      {(node) => (
        <div>
          <A href={`/nodes/${node.id}`}>{node.name}</A> <State look={nodeLook(node)} />
          <Guidance steps={node.readiness.guidance} />
        </div>
      )}
    </For>
    <p>
      <A href="/nodes/new">Create a node</A> and wait until it is ready.
    </p>
  </section>
);

const createWish = () => {
  const [name, setName] = createDraft("site-name");
  const [ownSlug, setOwnSlug] = createDraft("site-slug");
  const [email, setEmail] = createDraft("site-email");
  const [nodeId, setNodeId] = createDraft("site-node");
  const slug = () => ownSlug() || slugOf(name());
  const wish = () => ({
    name: name(),
    slug: slug(),
    ...(nodeId() === "" ? {} : { node_id: nodeId() }),
    ...(email().trim() === "" ? {} : { admin_email: email().trim() }),
  });
  return { name, setName, slug, setOwnSlug, email, setEmail, nodeId, setNodeId, wish };
};

const shown = ["name", "slug", "admin_email", "node_id"];

const NewSiteForm = (props: { readonly nodes: readonly Node[] }): JSX.Element => {
  const form = createWish();
  const session = createQuery(() => sessionQuery());
  const choices = createMemo(() => nodeChoices(props.nodes));
  const isReadyYet = () => choices().some(({ value }) => value === form.nodeId());
  const create = createJobMutation(() => {
    const body = form.wish();
    return sendOnce(orders, { createSite: body }, (idempotencyKey) => call("createSite", { body }, { idempotencyKey }));
  });
  const refusal = () => (create.error instanceof ApiFailure ? create.error.error : null);
  const faults = () => faultsOf(refusal());
  const otherFailure = () => (isToldAt(refusal(), shown) ? null : create.error);
  return (
    <section class="card narrow">
      <Form label="New site" isBusy={create.isPending} failure={create.error} onSubmit={() => create.mutate()}>
        <Show when={otherFailure()}>
          {(failure) => (
            <Failure failure={failure()} title="It was not created." unknown={unknownWords("it was created", true)} />
          )}
        </Show>
        <TextField
          id="name"
          label="Title"
          hint="As visitors read it. WordPress can change it later."
          fault={faults().name}
          value={form.name()}
          onInput={form.setName}
          input={{ required: true, maxLength: 100, autocomplete: "off" }}
        />
        <TextField
          id="slug"
          label="Short name (slug)"
          hint="A part of its address, for good. Lower-case letters, digits and hyphens."
          fault={faults().slug}
          value={form.slug()}
          onInput={form.setOwnSlug}
          input={{ required: true, maxLength: 40, autocomplete: "off", autocapitalize: "off", spellcheck: false }}
        />
        <TextField
          id="admin-email"
          label="Administrator's e-mail"
          hint="Of the first WordPress user. Left empty it is yours."
          fault={faults().admin_email}
          value={form.email()}
          onInput={form.setEmail}
          input={{ type: "email", maxLength: 100, autocomplete: "off", placeholder: session.data?.email ?? "" }}
        />
        <ChoiceField
          id="node"
          label="Node"
          fault={
            isReadyYet() ? faults().node_id : "It takes no site just now. Choose another, or wait until it is ready."
          }
          value={form.nodeId()}
          onChange={form.setNodeId}
        >
          <Options choices={choices()} chosen={form.nodeId()} missing={missingWord(props.nodes, form.nodeId())} />
        </ChoiceField>
        <Submit
          word="Create site"
          busyWord="Asking …"
          isBusy={create.isPending}
          isBlocked={!props.nodes.some(isReady) || !isReadyYet()}
        />
      </Form>
    </section>
  );
};
