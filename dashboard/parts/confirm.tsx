/** Asks before something that cannot be undone: says what will be lost, and wants its name typed where it is much. */
import { createSignal, createUniqueId, type JSX, Show, splitProps } from "solid-js";
import { Ask, type AskProps } from "./dialog.tsx";
import { TextField } from "./fields.tsx";

export const Confirm = (
  props: Omit<AskProps, "isDanger" | "isBlocked"> & {
    /** What must be typed; absent: nothing. */
    readonly name?: string;
  },
): JSX.Element => {
  const [own, ask] = splitProps(props, ["name", "children", "onOpen"]);
  const id = createUniqueId();
  const [typed, setTyped] = createSignal("");
  const open = () => {
    setTyped("");
    own.onOpen?.();
  };
  return (
    <Ask {...ask} isDanger isBlocked={own.name !== undefined && typed().trim() !== own.name} onOpen={open}>
      {own.children}
      <Show when={own.name}>
        {(name) => (
          <TextField
            id={id}
            label={`Type ${name()} to go on`}
            value={typed()}
            onInput={setTyped}
            input={{ autocomplete: "off", autocapitalize: "off", spellcheck: false }}
          />
        )}
      </Show>
    </Ask>
  );
};
