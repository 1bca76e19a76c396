/** One environment: where it is seen, what can be done with it, and its backups. */
import { createMutation, createQuery, useQueryClient } from "@tanstack/solid-query";
import { createSignal, For, type JSX, Show } from "solid-js";
import type { Backup, Environment } from "../../contracts/site-models.ts";
import { createJobMutation } from "../api/asking.ts";
import { call } from "../api/call.ts";
import { makeKeys } from "../api/keys.ts";
import { backupsQuery } from "../api/queries.ts";
import { sizeWord } from "../words/amounts.ts";
import { backupLooks, environmentLooks } from "../words/looks.ts";
import { slugOf } from "../words/slug.ts";
import { Answered, Failure, Loading } from "./answers.tsx";
import { Confirm } from "./confirm.tsx";
import { TextField } from "./fields.tsx";
import { Age, State } from "./small.tsx";

const typeWords: Readonly<Record<Environment["environment_type"], string>> = {
  production: "Production",
  staging: "Staging",
  clone: "Clone",
};

export const EnvironmentCard = (props: {
  readonly environment: Environment;
  readonly siteName: string;
}): JSX.Element => (
  <section class="card" aria-label={`Environment ${props.environment.name}`}>
    <h2>
      {props.environment.name} <State look={environmentLooks[props.environment.status]} />
    </h2>
    <p>
      {typeWords[props.environment.environment_type]} · WordPress {props.environment.wordpress_version ?? "–"} ·{" "}
      <a href={props.environment.preview_url} rel="noreferrer">
        {props.environment.preview_url}
      </a>
    </p>
    <Actions environment={props.environment} />
    <Backups environment={props.environment} />
  </section>
);

const Actions = (props: { readonly environment: Environment }): JSX.Element => {
  const params = () => ({ id: props.environment.id });
  const keyOf = makeKeys(() => crypto.randomUUID());
  const full = { backup_scope: "full" } as const;
  const backUp = createJobMutation(() =>
    call("createBackup", { params: params(), body: full }, { idempotencyKey: keyOf(full) }),
  );
  const tryOut = createJobMutation(() => call("startRestoreDrill", { params: params() }));
  const failure = () => backUp.error ?? tryOut.error;
  return (
    <>
      <Show when={failure()}>{(found) => <Failure failure={found()} title="It was not begun." />}</Show>
      <div class="actions">
        <button class="button" type="button" onClick={() => backUp.mutate()} disabled={backUp.isPending}>
          Back up
        </button>
        <button class="button" type="button" onClick={() => tryOut.mutate()} disabled={tryOut.isPending}>
          Try a restore
        </button>
        <LogIn environment={props.environment} />
        <Clone environment={props.environment} />
        <Reset environment={props.environment} />
        <Show when={props.environment.environment_type !== "production"}>
          <Delete environment={props.environment} />
        </Show>
      </div>
    </>
  );
};

/** The link is good once and for a minute, so it is asked for and followed at once, and kept nowhere. */
const LogIn = (props: { readonly environment: Environment }): JSX.Element => {
  const logIn = createMutation(() => ({
    mutationFn: () => call("loginEnvironment", { params: { id: props.environment.id } }),
    onSuccess: ({ login_url }) => {
      window.open(login_url, "_blank", "noopener,noreferrer");
    },
    gcTime: 0,
  }));
  return (
    <>
      <button class="button" type="button" onClick={() => logIn.mutate()} disabled={logIn.isPending}>
        {logIn.isPending ? "Asking the node …" : "Log in to WordPress"}
      </button>
      <Show when={logIn.error}>{(failure) => <Failure failure={failure()} title="There is no log-in." />}</Show>
    </>
  );
};

const Clone = (props: { readonly environment: Environment }): JSX.Element => {
  const [name, setName] = createSignal("Staging");
  const keyOf = makeKeys(() => crypto.randomUUID());
  const wish = () =>
    ({
      name: name(),
      slug: slugOf(name()),
      type: "staging",
      source_environment_id: props.environment.id,
      promotion_preset: props.environment.promotion_preset,
    }) as const;
  const clone = createJobMutation(() =>
    call(
      "createEnvironment",
      { params: { id: props.environment.site_id }, body: wish() },
      { idempotencyKey: keyOf(wish()) },
    ),
  );
  return (
    <details class="drawer">
      <summary class="button">Clone to staging</summary>
      <form
        aria-label={`Clone ${props.environment.name}`}
        onSubmit={(event) => {
          event.preventDefault();
          clone.mutate();
        }}
      >
        <Show when={clone.error}>{(failure) => <Failure failure={failure()} title="It was not cloned." />}</Show>
        <TextField
          id={`clone-${props.environment.id}`}
          label="Name of the clone"
          hint="A copy with its own files, database and address. It sends no mail and search engines are told to stay away."
          value={name()}
          onInput={setName}
          input={{ required: true, maxLength: 100, autocomplete: "off" }}
        />
        <button class="button primary" type="submit" disabled={clone.isPending}>
          Clone it
        </button>
      </form>
    </details>
  );
};

const Reset = (props: { readonly environment: Environment }): JSX.Element => {
  const client = useQueryClient();
  const reset = createMutation(() => ({
    mutationFn: () => call("resetEnvironment", { params: { id: props.environment.id } }),
    onSettled: () => client.invalidateQueries(),
  }));
  return (
    <Show when={props.environment.status === "failed"}>
      <button class="button" type="button" onClick={() => reset.mutate()} disabled={reset.isPending}>
        {reset.isPending ? "Looking …" : "Take into service again"}
      </button>
      <Show when={reset.error}>{(failure) => <Failure failure={failure()} title="It is still failed." />}</Show>
    </Show>
  );
};

const Delete = (props: { readonly environment: Environment }): JSX.Element => {
  const remove = createJobMutation(() => call("deleteEnvironment", { params: { id: props.environment.id } }));
  return (
    <Confirm
      action="Delete"
      title={`Delete ${props.environment.name}`}
      name={props.environment.slug}
      isPending={remove.isPending}
      failure={remove.error}
      onConfirm={() => remove.mutate()}
    >
      <p>Its files and its database go. The other environments stay. Its backups stay for 30 days.</p>
    </Confirm>
  );
};

const Backups = (props: { readonly environment: Environment }): JSX.Element => {
  const backups = createQuery(() => backupsQuery(props.environment.id));
  return (
    <Answered query={backups} loading={<Loading what="backups" />}>
      {(listed) => (
        <Show when={listed().items.length > 0} fallback={<p class="dim">No backup yet. Nothing could be restored.</p>}>
          <div class="table-wrap">
            <table>
              <thead>
                <tr>
                  <th>Backup</th>
                  <th>State</th>
                  <th>Restored once</th>
                  <th class="number">Size</th>
                  <th>sha256</th>
                  <th />
                </tr>
              </thead>
              <tbody>
                <For each={listed().items}>
                  {(backup) => <BackupRow backup={backup} environment={props.environment} />}
                </For>
              </tbody>
            </table>
          </div>
        </Show>
      )}
    </Answered>
  );
};

const BackupRow = (props: { readonly backup: Backup; readonly environment: Environment }): JSX.Element => (
  <tr>
    <td>
      <Age at={props.backup.created_at} /> · {props.backup.backup_scope}
    </td>
    <td>
      <State look={backupLooks[props.backup.status]} />
    </td>
    <td>
      <Show when={props.backup.last_drill} fallback={<span class="dim">not tried</span>}>
        {(drill) => (
          <State look={drill().succeeded ? { word: "Yes", tone: "ok" } : { word: "It failed", tone: "bad" }} />
        )}
      </Show>
    </td>
    <td class="number">{props.backup.size_bytes === null ? "–" : sizeWord(props.backup.size_bytes)}</td>
    <td class="mono dim" title={props.backup.checksum ?? ""}>
      {props.backup.checksum?.slice(0, 12) ?? "–"}
    </td>
    <td class="number">
      <Show when={props.backup.status === "completed"}>
        <Restore backup={props.backup} environment={props.environment} />
      </Show>
    </td>
  </tr>
);

const Restore = (props: { readonly backup: Backup; readonly environment: Environment }): JSX.Element => {
  const keyOf = makeKeys(() => crypto.randomUUID());
  const body = () => ({ backup_id: props.backup.id });
  const restore = createJobMutation(() =>
    call(
      "restoreEnvironment",
      { params: { id: props.environment.id }, body: body() },
      { idempotencyKey: keyOf(body()) },
    ),
  );
  return (
    <Confirm
      action="Restore"
      title={`Restore ${props.environment.name}`}
      name={props.environment.slug}
      isPending={restore.isPending}
      failure={restore.error}
      onConfirm={() => restore.mutate()}
    >
      <p>
        The backup of <Age at={props.backup.created_at} /> takes the place of what is there now. First the backup is
        verified, then what is there is backed up in full. If the restored site does not answer, everything is put back.
      </p>
    </Confirm>
  );
};
