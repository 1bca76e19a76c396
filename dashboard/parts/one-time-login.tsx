/** Logs in to WordPress once: the link is made on the node, shown for as long as it is good, and kept nowhere. */
import { createMutation } from "@tanstack/solid-query";
import { createEffect, createSignal, type JSX, on, Show } from "solid-js";
import type { Environment } from "../../contracts/site-models.ts";
import { type Answer, call } from "../api/call.ts";
import { spanWord } from "../words/amounts.ts";
import { unknownWords } from "../words/faults.ts";
import { Failure } from "./answers.tsx";
import { nowMs } from "./clock.ts";

type LoginLink = Answer<"loginEnvironment">;

export const OneTimeLogin = (props: { readonly environment: Environment }): JSX.Element => {
  const [link, setLink] = createSignal<LoginLink | null>(null);
  let button: HTMLButtonElement | undefined;
  const ask = createMutation(() => ({
    // Not the mutation's answer: its cache would keep that.
    mutationFn: async () => {
      setLink(await call("loginEnvironment", { params: { id: props.environment.id } }));
    },
    gcTime: 0,
  }));
  const drop = () => {
    setLink(null);
    queueMicrotask(() => button?.focus());
  };
  return (
    <Show
      when={link()}
      fallback={
        <>
          <button
            ref={button}
            class="button"
            type="button"
            aria-disabled={ask.isPending ? "true" : undefined}
            onClick={() => ask.isPending || ask.mutate()}
          >
            {ask.isPending ? "Asking the node …" : "Log in to WordPress"}
          </button>
          <Show when={ask.error}>
            {(failure) => (
              <Failure
                failure={failure()}
                title="There is no log-in."
                unknown={unknownWords("a log-in was made", false)}
              />
            )}
          </Show>
        </>
      }
    >
      {(good) => <Link link={good()} onEnd={drop} />}
    </Show>
  );
};

const Link = (props: { readonly link: LoginLink; onEnd(): void }): JSX.Element => {
  let anchor: HTMLAnchorElement | undefined;
  const leftMs = () => Date.parse(props.link.expires_at) - nowMs();
  queueMicrotask(() => anchor?.focus());
  createEffect(
    on(
      () => leftMs() <= 0,
      (isOver) => isOver && props.onEnd(),
    ),
  );
  return (
    <a
      ref={anchor}
      class="button primary"
      href={props.link.login_url}
      target="_blank"
      rel="noopener noreferrer"
      onClick={() => queueMicrotask(() => props.onEnd())}
    >
      Open WordPress
      <small aria-hidden="true"> once, for {spanWord(leftMs())}</small>
    </a>
  );
};
