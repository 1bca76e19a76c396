/** A question in front of the page: what will happen, what it wants to know, and how the asking went. */
import { createEffect, createSignal, createUniqueId, type JSX, on, onCleanup, Show } from "solid-js";
import { ApiFailure, isOpenAfter } from "../api/failure.ts";
import { isToldAt, unknownWords } from "../words/faults.ts";
import { Failure } from "./answers.tsx";
import { Form, Submit } from "./form.tsx";

export interface AskProps {
  /** On the button that opens it, and on the one that sends it. */
  readonly action: string;
  readonly title: string;
  /** What a screen reader calls the button that opens it, where the word alone is not enough. */
  readonly label?: string;
  readonly isDanger?: boolean;
  /** It cannot be opened now. */
  readonly isOff?: boolean;
  /** What is asked for is not typed or chosen yet. */
  readonly isBlocked?: boolean;
  /** There is nothing to send: it only says why not. */
  readonly isTalk?: boolean;
  /** While it is sent. */
  readonly busyWord?: string;
  readonly isPending: boolean;
  readonly failure: unknown;
  /** It is sent under a key: the same again does it once. */
  readonly isOnce?: boolean;
  /** Fields that tell themselves what is wrong with them. */
  readonly fields?: readonly string[];
  /** A fresh question: what was typed, and what went wrong, belong to the one before. Not while its outcome is unknown. */
  onOpen?(): void;
  onConfirm(): void;
  readonly children: JSX.Element;
}

/** Without this the focus of a button that goes with its row would be nowhere. */
const focusPage = () => document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });

const cancelWord = (props: AskProps): string => {
  if (props.isTalk) return "Close";
  return props.isDanger ? "Keep it" : "Cancel";
};

export const Ask = (props: AskProps): JSX.Element => {
  const id = createUniqueId();
  const [isOpen, setOpen] = createSignal(false);
  const [isSent, setSent] = createSignal(false);
  let opener: HTMLButtonElement | undefined;
  let dialog: HTMLDialogElement | undefined;
  let isOutcomeOpen = false;
  const open = () => {
    if (!isOutcomeOpen) {
      props.onOpen?.();
      setSent(false);
    }
    setOpen(true);
    dialog?.showModal();
  };
  const failure = () => (isSent() && !props.isPending ? props.failure : null);
  const isToldAtField = () => {
    const found = failure();
    return found instanceof ApiFailure && isToldAt(found.error, props.fields ?? []);
  };
  createEffect(
    on(
      () => props.isPending,
      (isPending, wasPending) => {
        if (!wasPending || isPending) return;
        isOutcomeOpen = isOpenAfter(isOutcomeOpen, props.failure);
        if (!props.failure) dialog?.close();
      },
    ),
  );
  onCleanup(() => {
    if (isOpen() || document.activeElement === opener) queueMicrotask(focusPage);
  });
  return (
    <>
      <button
        ref={opener}
        class={props.isDanger ? "button danger" : "button"}
        type="button"
        aria-label={props.label}
        aria-haspopup="dialog"
        aria-disabled={props.isOff ? "true" : undefined}
        onClick={() => props.isOff || open()}
      >
        {props.action}
      </button>
      <dialog
        ref={dialog}
        class="dialog"
        aria-labelledby={`${id}-title`}
        onKeyDown={(event) => event.key === "Escape" && props.isPending && event.preventDefault()}
        onCancel={(event) => props.isPending && event.preventDefault()}
        onClose={() => setOpen(false)}
      >
        <Show when={isOpen()}>
          <Form
            isBusy={props.isPending}
            failure={failure()}
            onSubmit={() => {
              setSent(true);
              props.onConfirm();
            }}
          >
            <h2 id={`${id}-title`}>{props.title}</h2>
            <div class="stack">{props.children}</div>
            <Show when={!isToldAtField() && failure()}>
              {(found) => (
                <Failure
                  failure={found()}
                  title="It was not done."
                  unknown={unknownWords("it was done", props.isOnce === true)}
                />
              )}
            </Show>
            <div class="actions">
              <button class="button" type="button" disabled={props.isPending} onClick={() => dialog?.close()}>
                {cancelWord(props)}
              </button>
              <Show when={!props.isTalk}>
                <Submit
                  word={props.action}
                  busyWord={props.busyWord ?? "Asking …"}
                  isBusy={props.isPending}
                  isBlocked={props.isBlocked === true}
                  isDanger={props.isDanger === true}
                />
              </Show>
            </div>
          </Form>
        </Show>
      </dialog>
    </>
  );
};
