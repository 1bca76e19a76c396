/** What can be begun with an environment, each asked for in a dialog that says what will happen. */
import { createSignal, type JSX } from "solid-js";
import type { Backup, Environment } from "../../contracts/site-models.ts";
import { backupScopes, promotionPresets } from "../../contracts/site-models.ts";
import { call } from "../api/call.ts";
import { ApiFailure } from "../api/failure.ts";
import { presetWords, scopeWords } from "../words/environments.ts";
import { faultsOf } from "../words/faults.ts";
import { slugOf } from "../words/slug.ts";
import { createBegin, createIntent } from "./begin.ts";
import { Confirm } from "./confirm.tsx";
import { Ask } from "./dialog.tsx";
import { createDraft } from "./drafts.ts";
import { type Choice, Choices, TextField } from "./fields.tsx";

interface Props {
  readonly environment: Environment;
  readonly isBusy: boolean;
}

const choicesOf = <T extends string>(
  values: readonly T[],
  words: Readonly<Record<T, Omit<Choice<T>, "value">>>,
): readonly Choice<T>[] => values.map((value) => ({ value, ...words[value] }));

export const BackUp = (props: Props): JSX.Element => {
  const [scope, setScope] = createSignal<Backup["backup_scope"]>("full");
  const intent = createIntent();
  const backUp = createBegin(() => {
    const body = { backup_scope: scope() };
    return call("createBackup", { params: { id: props.environment.id }, body }, { idempotencyKey: intent.keyOf(body) });
  });
  return (
    <Ask
      action="Back up"
      title={`Back up ${props.environment.name}`}
      isOff={props.isBusy}
      isPending={backUp.isPending}
      failure={backUp.error}
      isOnce
      onOpen={intent.renew}
      onConfirm={() => backUp.mutate()}
    >
      <p>The environment goes on answering. The backup is kept for 30 days.</p>
      <Choices
        id={`scope-${props.environment.id}`}
        label="What is backed up"
        choices={choicesOf(["full", ...backupScopes.filter((one) => one !== "full")], scopeWords)}
        value={scope()}
        onChange={setScope}
      />
    </Ask>
  );
};

/** On the newest backup that can be restored. */
export const TryRestore = (props: Props): JSX.Element => {
  const intent = createIntent();
  const tryOut = createBegin(() =>
    call("startRestoreDrill", { params: { id: props.environment.id } }, { idempotencyKey: intent.keyOf({}) }),
  );
  return (
    <Ask
      action="Try a restore"
      title={`Try a restore of ${props.environment.name}`}
      isOff={props.isBusy}
      isPending={tryOut.isPending}
      failure={tryOut.error}
      isOnce
      onOpen={intent.renew}
      onConfirm={() => tryOut.mutate()}
    >
      <p>
        The newest backup is restored beside the live environment, looked at, and removed again. Nothing of the live
        environment changes. A backup counts once it was restored.
      </p>
    </Ask>
  );
};

const kinds = [
  { value: "staging", word: "Staging", hint: "To try changes out before they go live." },
  { value: "clone", word: "Clone", hint: "Any other copy, such as one to show or to look for a fault." },
] as const;

export const Clone = (props: Props): JSX.Element => {
  const of = (what: string) => `clone-${what}-${props.environment.id}`;
  const [name, setName] = createDraft(of("name"), "Staging");
  const [ownSlug, setOwnSlug] = createDraft(of("slug"));
  const [type, setType] = createSignal<"staging" | "clone">("staging");
  const [preset, setPreset] = createSignal(props.environment.promotion_preset);
  const slug = () => ownSlug() || slugOf(name());
  const intent = createIntent();
  const clone = createBegin(() => {
    const source_environment_id = props.environment.id;
    const body = { name: name(), slug: slug(), type: type(), source_environment_id, promotion_preset: preset() };
    const params = { id: props.environment.site_id };
    return call("createEnvironment", { params, body }, { idempotencyKey: intent.keyOf(body) });
  });
  const faults = () => faultsOf(clone.error instanceof ApiFailure ? clone.error.error : null);
  return (
    <Ask
      action="Clone"
      title={`Clone ${props.environment.name}`}
      isOff={props.isBusy}
      isPending={clone.isPending}
      failure={clone.error}
      isOnce
      fields={["name", "slug"]}
      onOpen={() => {
        intent.renew();
        clone.reset();
      }}
      onConfirm={() => clone.mutate()}
    >
      <p>
        A copy on the same node, with its own files, database and address. It sends no mail, and search engines are told
        to stay away. {props.environment.name} is read and not changed. Changes cannot be taken back to it yet: what to
        protect then is kept with the copy.
      </p>
      <TextField
        id={of("name")}
        label="Name of the clone"
        fault={faults().name}
        value={name()}
        onInput={setName}
        input={{ required: true, maxLength: 100, autocomplete: "off" }}
      />
      <TextField
        id={of("slug")}
        label="Short name of the clone (slug)"
        hint="A part of its address. Lower-case letters, digits and hyphens."
        fault={faults().slug}
        value={slug()}
        onInput={setOwnSlug}
        input={{ required: true, maxLength: 40, autocomplete: "off", autocapitalize: "off", spellcheck: false }}
      />
      <Choices id={of("type")} label="What it is for" choices={kinds} value={type()} onChange={setType} />
      <Choices
        id={of("preset")}
        label="What to protect when its changes are taken back"
        choices={choicesOf(promotionPresets, presetWords)}
        value={preset()}
        onChange={setPreset}
      />
    </Ask>
  );
};

export const DeleteEnvironment = (props: Props): JSX.Element => {
  const remove = createBegin(() => call("deleteEnvironment", { params: { id: props.environment.id } }));
  return (
    <Confirm
      action="Delete"
      label={`Delete ${props.environment.name}`}
      title={`Delete ${props.environment.name}`}
      name={props.environment.slug}
      isOff={props.isBusy}
      isPending={remove.isPending}
      failure={remove.error}
      onConfirm={() => remove.mutate()}
    >
      <p>
        Its files and its database go, and nothing is backed up before. The other environments stay. Backups that it has
        stay until their 30 days are over, but there is nothing left that they can be restored to.
      </p>
    </Confirm>
  );
};
