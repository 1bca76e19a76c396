/** Makes an API token and shows its value until somebody says that it is kept. It cannot be shown again. */
import { createMutation, useQueryClient } from "@tanstack/solid-query";
import { createSignal, For, type JSX, Show } from "solid-js";
import { type Answer, call } from "../api/call.ts";
import { ApiFailure } from "../api/failure.ts";
import { faultsOf, type Unknown } from "../words/faults.ts";
import { Failure } from "./answers.tsx";
import { Copy } from "./copy.tsx";
import { createDraft } from "./drafts.ts";
import { ChoiceField, TextField } from "./fields.tsx";
import { Form, Submit } from "./form.tsx";
import { Age } from "./small.tsx";

type Made = Answer<"createToken">;

const lives = [
  { days: "7", words: "7 days" },
  { days: "30", words: "30 days" },
  { days: "90", words: "90 days" },
  { days: "365", words: "A year" },
  { days: "", words: "Never: until it is revoked" },
];

/** Its value came once, and did not arrive. */
const lost: Unknown = {
  title: "It is not known whether the token was made.",
  ways: ["Look in the list: if it is there nobody has seen its value. Revoke it, then make another."],
};

export const NewToken = (): JSX.Element => {
  const [made, setMade] = createSignal<Made | null>(null);
  return (
    <Show when={made()} fallback={<Make onMade={setMade} />}>
      {(token) => <ShownOnce token={token()} onDone={() => setMade(null)} />}
    </Show>
  );
};

const Make = (props: { onMade(token: Made): void }): JSX.Element => {
  const client = useQueryClient();
  const [name, setName] = createDraft("token-name");
  const [days, setDays] = createSignal("30");
  const make = createMutation(() => ({
    // Not the mutation's answer: its cache would keep the value.
    mutationFn: async () => {
      const expiry = days() === "" ? {} : { expires_in_days: Number(days()) };
      const token = await call("createToken", { body: { name: name(), ...expiry } });
      setName("");
      props.onMade(token);
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["listTokens"] }),
    gcTime: 0,
  }));
  const faults = () => faultsOf(make.error instanceof ApiFailure ? make.error.error : null);
  return (
    <Form label="New token" isBusy={make.isPending} failure={make.error} onSubmit={() => make.mutate()}>
      <Show when={faults().name === undefined && make.error}>
        {(failure) => <Failure failure={failure()} title="It was not made." unknown={lost} />}
      </Show>
      <TextField
        id="token-name"
        label="Name"
        hint="What it is for: you will find it by this name."
        fault={faults().name}
        value={name()}
        onInput={setName}
        input={{ required: true, maxLength: 100, autocomplete: "off" }}
      />
      <ChoiceField id="token-life" label="Ends after" value={days()} onChange={setDays}>
        <For each={lives}>{(life) => <option value={life.days}>{life.words}</option>}</For>
      </ChoiceField>
      <Submit word="Make token" busyWord="Making …" isBusy={make.isPending} />
    </Form>
  );
};

const ShownOnce = (props: { readonly token: Made; onDone(): void }): JSX.Element => {
  let heading: HTMLParagraphElement | undefined;
  queueMicrotask(() => heading?.focus());
  return (
    <section class="stack" aria-label="New token, shown once">
      <p ref={heading} tabindex="-1">
        <strong>Copy it now: it is shown this once.</strong> {props.token.name},{" "}
        {props.token.expires_at === null ? (
          "without an end"
        ) : (
          <>
            ends <Age at={props.token.expires_at} />
          </>
        )}
        .
      </p>
      <code class="secret">{props.token.token}</code>
      <div class="actions">
        <Copy text={props.token.token} what="the token" isMain />
        <button class="button" type="button" onClick={() => props.onDone()}>
          Done
        </button>
      </div>
    </section>
  );
};
