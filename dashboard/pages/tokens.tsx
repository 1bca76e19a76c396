/** Tokens for scripts and CI: made, shown once, taken back. */
import { createMutation, createQuery, useQueryClient } from "@tanstack/solid-query";
import { createSignal, For, type JSX, Show } from "solid-js";
import { call } from "../api/call.ts";
import { tokensQuery } from "../api/queries.ts";
import { Answered, Failure, Loading } from "../parts/answers.tsx";
import { ChoiceField, TextField } from "../parts/fields.tsx";
import { Page } from "../parts/page.tsx";
import { Age } from "../parts/small.tsx";
import { countWord } from "../words/amounts.ts";

export const Tokens = (): JSX.Element => {
  const tokens = createQuery(() => tokensQuery());
  return (
    <Page
      title="API tokens"
      answer={tokens.data ? `${countWord(tokens.data.items.length, "token")} may do all that you may.` : "Counting …"}
    >
      <div class="columns">
        <Answered query={tokens} loading={<Loading what="tokens" />}>
          {(listed) => (
            <div class="table-wrap">
              <table>
                <thead>
                  <tr>
                    <th>Name</th>
                    <th>Made</th>
                    <th>Ends</th>
                    <th />
                  </tr>
                </thead>
                <tbody>
                  <For each={listed().items} fallback={<None />}>
                    {(token) => (
                      <tr>
                        <td>{token.name}</td>
                        <td class="dim">
                          <Age at={token.created_at} />
                        </td>
                        <td class="dim">{token.expires_at?.slice(0, 10) ?? "never"}</td>
                        <td class="number">
                          <TakeBack id={token.id} name={token.name} />
                        </td>
                      </tr>
                    )}
                  </For>
                </tbody>
              </table>
            </div>
          )}
        </Answered>
        <section class="card">
          <h2>New token</h2>
          <Make />
        </section>
      </div>
    </Page>
  );
};

const None = (): JSX.Element => (
  <tr>
    <td colSpan={4} class="dim">
      No tokens yet.
    </td>
  </tr>
);

const TakeBack = (props: { readonly id: string; readonly name: string }): JSX.Element => {
  const client = useQueryClient();
  const remove = createMutation(() => ({
    mutationFn: () => call("deleteToken", { params: { id: props.id } }),
    onSettled: () => client.invalidateQueries({ queryKey: ["listTokens"] }),
  }));
  return (
    <button
      class="button danger"
      type="button"
      aria-label={`Take back ${props.name}`}
      onClick={() => remove.mutate()}
      disabled={remove.isPending}
    >
      Take back
    </button>
  );
};

const lives = [
  { days: "30", words: "30 days" },
  { days: "365", words: "A year" },
  { days: "", words: "Until it is taken back" },
];

const Make = (): JSX.Element => {
  const client = useQueryClient();
  const [name, setName] = createSignal("");
  const [days, setDays] = createSignal("30");
  const make = createMutation(() => ({
    mutationFn: () =>
      call("createToken", {
        body: { name: name(), ...(days() === "" ? {} : { expires_in_days: Number(days()) }) },
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["listTokens"] }),
  }));
  return (
    <form
      aria-label="New token"
      onSubmit={(event) => {
        event.preventDefault();
        make.mutate();
      }}
    >
      <Show when={make.error}>{(failure) => <Failure failure={failure()} title="It was not made." />}</Show>
      <TextField
        id="token-name"
        label="Name"
        hint="What it is for: you will find it by this name."
        value={name()}
        onInput={setName}
        input={{ required: true, maxLength: 100, autocomplete: "off" }}
      />
      <ChoiceField id="token-life" label="Ends after" value={days()} onChange={setDays}>
        <For each={lives}>{(life) => <option value={life.days}>{life.words}</option>}</For>
      </ChoiceField>
      <button class="button primary" type="submit" disabled={make.isPending}>
        {make.isPending ? "Making …" : "Make token"}
      </button>
      <Show when={make.data}>
        {(made) => (
          <div class="notice" data-tone="warn" role="status">
            <strong>Copy it now: it is shown this once.</strong>
            <p>
              <code>{made().token}</code>
            </p>
          </div>
        )}
      </Show>
    </form>
  );
};
