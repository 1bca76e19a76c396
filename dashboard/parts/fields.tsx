/** Fields of forms: a label, a hint, and what is wrong with what was typed, next to it. */
import { type JSX, Show } from "solid-js";

interface FieldProps {
  readonly id: string;
  readonly label: string;
  readonly hint?: JSX.Element;
  /** Why the API refused this field; null: it did not. */
  readonly fault?: string | null;
}

/** What a screen reader says after the label. */
const describedBy = ({ id, fault }: FieldProps): string => (fault ? `${id}-fault ${id}-hint` : `${id}-hint`);

const Around = (props: FieldProps & { readonly children: JSX.Element }): JSX.Element => (
  <div class="field">
    <label for={props.id}>{props.label}</label>
    {props.children}
    <Show when={props.fault}>
      <p class="fault" id={`${props.id}-fault`}>
        {props.fault}
      </p>
    </Show>
    <p class="hint" id={`${props.id}-hint`}>
      {props.hint}
    </p>
  </div>
);

export const TextField = (
  props: FieldProps & {
    readonly value: string;
    onInput(value: string): void;
    readonly input?: JSX.InputHTMLAttributes<HTMLInputElement>;
  },
): JSX.Element => (
  <Around {...props}>
    <input
      id={props.id}
      aria-describedby={describedBy(props)}
      aria-invalid={props.fault ? "true" : undefined}
      {...props.input}
      value={props.value}
      onInput={(event) => props.onInput(event.currentTarget.value)}
    />
  </Around>
);

export const ChoiceField = (
  props: FieldProps & { readonly value: string; onChange(value: string): void; readonly children: JSX.Element },
): JSX.Element => (
  <Around {...props}>
    <select
      id={props.id}
      aria-describedby={describedBy(props)}
      aria-invalid={props.fault ? "true" : undefined}
      value={props.value}
      onChange={(event) => props.onChange(event.currentTarget.value)}
    >
      {props.children}
    </select>
  </Around>
);
