/** A form: sent once at a time, and led to what is wrong in it. */
import { createEffect, type JSX, on } from "solid-js";

export const Form = (props: {
  readonly label?: string;
  readonly class?: string;
  readonly isBusy: boolean;
  /** What came back instead of an answer. */
  readonly failure: unknown;
  onSubmit(): void;
  readonly children: JSX.Element;
}): JSX.Element => {
  let form: HTMLFormElement | undefined;
  // The field is marked in the same change that brings the failure, so it is looked for after it.
  const leadToFault = () => form?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  createEffect(
    on(
      () => props.failure,
      (failure) => failure && queueMicrotask(leadToFault),
      { defer: true },
    ),
  );
  return (
    <form
      ref={form}
      class={props.class}
      aria-label={props.label}
      autocomplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        if (!props.isBusy) props.onSubmit();
      }}
    >
      {props.children}
    </form>
  );
};

/** Sends the form. While it is sent it keeps the focus and says so. */
export const Submit = (props: {
  readonly word: string;
  /** While it is sent. */
  readonly busyWord: string;
  readonly isBusy: boolean;
  readonly isBlocked?: boolean;
  readonly isDanger?: boolean;
}): JSX.Element => (
  <button
    class={props.isDanger ? "button danger" : "button primary"}
    type="submit"
    disabled={props.isBlocked}
    aria-disabled={props.isBusy ? "true" : undefined}
  >
    {props.isBusy ? props.busyWord : props.word}
  </button>
);
