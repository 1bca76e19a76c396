/** A page: its title, the line that answers its question, its actions, and what it shows. */
import { createEffect, createSignal, type JSX, onCleanup, onMount } from "solid-js";

const [place, setPlace] = createSignal<string | null>(null);

/** The title of the page that is shown; the frame makes the tab's title of it. */
export { place };

export const Page = (props: {
  readonly title: string;
  /** One line: how many, how many are well, what it costs. */
  readonly answer?: JSX.Element;
  readonly actions?: JSX.Element;
  readonly children: JSX.Element;
}): JSX.Element => {
  let heading: HTMLHeadingElement | undefined;
  createEffect(() => setPlace(props.title));
  onCleanup(() => setPlace(null));
  // Who uses a screen reader hears where a link has led.
  onMount(() => heading?.focus({ preventScroll: true }));
  return (
    <main class="page" id="main" tabindex="-1">
      <header class="page-head">
        <h1 ref={heading} tabindex="-1">
          {props.title}
        </h1>
        <div class="actions">{props.actions}</div>
        <p class="answer">{props.answer}</p>
      </header>
      {props.children}
    </main>
  );
};

export const Empty = (props: { readonly title: string; readonly children?: JSX.Element }): JSX.Element => (
  <section class="card empty">
    <h2>{props.title}</h2>
    {props.children}
  </section>
);
