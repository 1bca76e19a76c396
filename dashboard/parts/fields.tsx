/** Fields of forms: a label, a hint, and what is wrong with what was typed, next to it. */
import { For, type JSX, Show } from "solid-js";

interface FieldProps {
  readonly id: string;
  readonly label: string;
  readonly hint?: JSX.Element;
  /** Why the API refused this field; null: it did not. */
  readonly fault?: string | null | undefined;
}

/** What a screen reader says after the label. */
const describedBy = (props: FieldProps): string | undefined =>
  [props.fault && `${props.id}-fault`, props.hint && `${props.id}-hint`].filter(Boolean).join(" ") || undefined;

const Notes = (props: FieldProps): JSX.Element => (
  <>
    <Show when={props.fault}>
      <div class="fault" id={`${props.id}-fault`}>
        {props.fault}
      </div>
    </Show>
    <Show when={props.hint}>
      <p class="hint" id={`${props.id}-hint`}>
        {props.hint}
      </p>
    </Show>
  </>
);

const Around = (props: FieldProps & { readonly children: JSX.Element }): JSX.Element => (
  <div class="field">
    <label for={props.id}>{props.label}</label>
    {props.children}
    <Notes id={props.id} label={props.label} hint={props.hint} fault={props.fault} />
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

/** No password manager keeps it or offers another. */
const forNobody = {
  type: "password",
  autocomplete: "off",
  autocapitalize: "off",
  spellcheck: false,
  "data-1p-ignore": "",
  "data-bwignore": "",
  "data-lpignore": "true",
} as const;

/** For what is never kept: it stands in the field alone, whose owner takes it out when it is sent. */
export const SecretField = (props: FieldProps & { ref(field: HTMLInputElement): void }): JSX.Element => (
  <Around {...props}>
    <input
      id={props.id}
      ref={props.ref}
      aria-describedby={describedBy(props)}
      aria-invalid={props.fault ? "true" : undefined}
      required
      maxLength={512}
      {...forNobody}
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

export interface Choice<T extends string> {
  readonly value: T;
  readonly word: string;
  /** What it means to choose it. */
  readonly hint: string;
}

/** Some ways, each with what it means. */
export const Choices = <T extends string>(props: {
  readonly id: string;
  readonly label: string;
  readonly choices: readonly Choice<T>[];
  readonly value: T;
  onChange(value: T): void;
}): JSX.Element => (
  <fieldset class="choices">
    <legend>{props.label}</legend>
    <For each={props.choices}>
      {(choice) => (
        <label class="choice">
          <input
            type="radio"
            name={props.id}
            aria-label={choice.word}
            aria-describedby={`${props.id}-${choice.value}`}
            checked={props.value === choice.value}
            onChange={() => props.onChange(choice.value)}
          />
          <span>
            {choice.word}
            <small id={`${props.id}-${choice.value}`}>{choice.hint}</small>
          </span>
        </label>
      )}
    </For>
  </fieldset>
);

export const CheckField = (props: {
  readonly id: string;
  readonly label: string;
  readonly hint: JSX.Element;
  readonly isChecked: boolean;
  onChange(isChecked: boolean): void;
}): JSX.Element => (
  <div class="choices">
    <label class="choice">
      <input
        type="checkbox"
        id={props.id}
        aria-label={props.label}
        aria-describedby={`${props.id}-hint`}
        checked={props.isChecked}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      <span>
        {props.label}
        <small id={`${props.id}-hint`}>{props.hint}</small>
      </span>
    </label>
  </div>
);
