/** Log in, where the reader wanted to go: the address stays, so a deep link survives. */
import { createMutation, useQueryClient } from "@tanstack/solid-query";
import { createSignal, type JSX, onMount, Show } from "solid-js";
import { call } from "../api/call.ts";
import { Failure } from "../parts/answers.tsx";

export const Login = (props: { readonly hasExpired: boolean; readonly onLoggedIn: () => void }): JSX.Element => {
  const client = useQueryClient();
  const [email, setEmail] = createSignal("");
  const [password, setPassword] = createSignal("");
  let first: HTMLInputElement | undefined;
  onMount(() => first?.focus());
  const login = createMutation(() => ({
    mutationFn: () => call("login", { body: { email: email(), password: password() } }),
    onSuccess: async () => {
      await client.resetQueries();
      props.onLoggedIn();
    },
    onSettled: () => setPassword(""),
  }));
  return (
    <main class="gate">
      <form
        aria-label="Log in"
        onSubmit={(event) => {
          event.preventDefault();
          login.mutate();
        }}
      >
        <div class="brand">
          <img src="/icon.svg" alt="" /> Pressluft
        </div>
        <h1>{props.hasExpired ? "Your session has ended" : "Log in"}</h1>
        <Show when={props.hasExpired}>
          <p class="dim">Log in again to go on where you were. Jobs go on without you.</p>
        </Show>
        <Show when={login.error}>{(failure) => <Failure failure={failure()} title="You are not logged in." />}</Show>
        <div class="field">
          <label for="email">E-mail</label>
          <input
            id="email"
            ref={first}
            type="email"
            autocomplete="username"
            required
            maxLength={254}
            value={email()}
            onInput={(event) => setEmail(event.currentTarget.value)}
          />
        </div>
        <div class="field">
          <label for="password">Password</label>
          <input
            id="password"
            type="password"
            autocomplete="current-password"
            required
            maxLength={1024}
            value={password()}
            onInput={(event) => setPassword(event.currentTarget.value)}
          />
        </div>
        <button class="button primary" type="submit" disabled={login.isPending}>
          {login.isPending ? "Logging in …" : "Log in"}
        </button>
      </form>
    </main>
  );
};
