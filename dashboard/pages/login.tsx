/** Log in, where the reader wanted to go: the address stays, so a deep link survives. */
import { createMutation, useQueryClient } from "@tanstack/solid-query";
import { createSignal, type JSX, onMount, Show } from "solid-js";
import { type Answer, call } from "../api/call.ts";
import { ApiFailure } from "../api/failure.ts";
import { sessionQuery } from "../api/queries.ts";
import { Failure } from "../parts/answers.tsx";
import { drafts } from "../parts/drafts.ts";
import { TextField } from "../parts/fields.tsx";
import { Form, Submit } from "../parts/form.tsx";
import { Until } from "../parts/small.tsx";

/** The log-in answers with one code only to a wrong e-mail or password. */
const isWrong = (failure: unknown): failure is ApiFailure => failure instanceof ApiFailure && failure.isLoggedOut;

const waitOf = (failure: unknown): number => (failure instanceof ApiFailure ? failure.retryAfterMs : 0);

export const Login = (props: { readonly hasExpired: boolean; readonly onLoggedIn: () => void }): JSX.Element => {
  const client = useQueryClient();
  const before = client.getQueryData<Answer<"getSession">>(sessionQuery().queryKey)?.email;
  const known = props.hasExpired ? (before ?? "") : "";
  const [email, setEmail] = createSignal(known);
  const [password, setPassword] = createSignal("");
  const [freeAtMs, setFreeAtMs] = createSignal<number | null>(null);
  let form: HTMLElement | undefined;
  onMount(() => {
    if (props.hasExpired) drafts.keep();
    else drafts.forget();
    form?.querySelector<HTMLElement>(known === "" ? "#email" : "#password")?.focus();
  });
  const login = createMutation(() => ({
    mutationFn: () => call("login", { body: { email: email(), password: password() } }),
    onSuccess: async () => {
      if (email().trim().toLowerCase() !== known.toLowerCase()) drafts.forget();
      await client.resetQueries();
      props.onLoggedIn();
    },
    onError: (failure) => setFreeAtMs(waitOf(failure) > 0 ? Date.now() + waitOf(failure) : null),
    onSettled: () => setPassword(""),
    gcTime: 0,
  }));
  return (
    <main class="gate" ref={form}>
      <Form label="Log in" isBusy={login.isPending} failure={login.error} onSubmit={() => login.mutate()}>
        <div class="brand">
          <img src="/icon.svg" alt="" /> Pressluft
        </div>
        <h1>{props.hasExpired ? "Your session has ended" : "Log in"}</h1>
        <Show when={props.hasExpired}>
          <p class="dim">Log in again to go on where you were. Jobs go on without you.</p>
        </Show>
        <Show when={!isWrong(login.error) && login.error}>
          {(failure) => <Failure failure={failure()} title="You are not logged in." />}
        </Show>
        <Show when={freeAtMs()}>
          {(atMs) => (
            <p>
              The next try counts <Until atMs={atMs()} />.
            </p>
          )}
        </Show>
        <TextField
          id="email"
          label="E-mail"
          value={email()}
          onInput={setEmail}
          input={{ type: "email", autocomplete: "username", required: true, maxLength: 254 }}
        />
        <TextField
          id="password"
          label="Password"
          fault={isWrong(login.error) ? login.error.message : null}
          value={password()}
          onInput={setPassword}
          input={{ type: "password", autocomplete: "current-password", required: true, maxLength: 1024 }}
        />
        <Submit word="Log in" busyWord="Logging in …" isBusy={login.isPending} />
      </Form>
    </main>
  );
};
