/** Asks before something that cannot be undone: says what will be lost, and wants its name typed. */
import { createSignal, createUniqueId, type JSX, Show } from "solid-js";
import { Failure } from "./answers.tsx";
import { TextField } from "./fields.tsx";

export const Confirm = (props: {
  /** On the button that opens it, and on the one that does it. */
  readonly action: string;
  readonly title: string;
  /** What must be typed. */
  readonly name: string;
  readonly isPending: boolean;
  readonly failure: unknown;
  onConfirm(): void;
  readonly children: JSX.Element;
}): JSX.Element => {
  const id = createUniqueId();
  const [typed, setTyped] = createSignal("");
  let dialog: HTMLDialogElement | undefined;
  const open = () => {
    setTyped("");
    dialog?.showModal();
  };
  return (
    <>
      <button class="button danger" type="button" onClick={open}>
        {props.action}
      </button>
      <dialog ref={dialog} class="card dialog" aria-labelledby={`${id}-title`}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            props.onConfirm();
          }}
        >
          <h2 id={`${id}-title`}>{props.title}</h2>
          <div>{props.children}</div>
          <Show when={props.failure}>{(failure) => <Failure failure={failure()} />}</Show>
          <TextField
            id={`${id}-name`}
            label={`Type ${props.name} to go on`}
            value={typed()}
            onInput={setTyped}
            input={{ autocomplete: "off", spellcheck: false }}
          />
          <div class="actions">
            <button class="button" type="button" onClick={() => dialog?.close()}>
              Keep it
            </button>
            <button class="button danger" type="submit" disabled={typed() !== props.name || props.isPending}>
              {props.isPending ? "Asking …" : props.action}
            </button>
          </div>
        </form>
      </dialog>
    </>
  );
};
