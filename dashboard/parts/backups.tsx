/** The backups of an environment: what each holds, whether it was ever restored, and how to go back to it. */
import { A } from "@solidjs/router";
import { createQuery } from "@tanstack/solid-query";
import { createSignal, For, type JSX, Show } from "solid-js";
import type { Backup, Environment } from "../../contracts/site-models.ts";
import { call } from "../api/call.ts";
import { backupsQuery, whileFailing } from "../api/queries.ts";
import { countWord, sizeWord } from "../words/amounts.ts";
import { allowedIn, backupsAnswer, drillLook, replacedBy, scopeWords } from "../words/environments.ts";
import { backupLooks } from "../words/looks.ts";
import { Answered, Loading } from "./answers.tsx";
import { createBegin, createIntent } from "./begin.ts";
import { Confirm } from "./confirm.tsx";
import { Copy } from "./copy.tsx";
import { CheckField } from "./fields.tsx";
import { Age, exactWord, State } from "./small.tsx";

interface Props {
  readonly environment: Environment;
  readonly isBusy: boolean;
}

const SHOWN = 5;

export const Backups = (props: Props): JSX.Element => {
  // Only jobs change them, and the last job's end asks for them again.
  const backups = createQuery(() => ({ ...backupsQuery(props.environment.id), refetchInterval: whileFailing() }));
  const [isWhole, setWhole] = createSignal(false);
  return (
    <Answered query={backups} loading={<Loading what="backups" />}>
      {(listed) => (
        <>
          <p class="dim">{backupsAnswer(listed().items)}</p>
          <Show when={listed().items.length > 0}>
            <Table {...props} backups={isWhole() ? listed().items : listed().items.slice(0, SHOWN)} />
          </Show>
          <Show when={!isWhole() && listed().items.length > SHOWN}>
            <p>
              <button class="quiet" type="button" onClick={() => setWhole(true)}>
                Show all {countWord(listed().items.length, "backup")}
              </button>
            </p>
          </Show>
        </>
      )}
    </Answered>
  );
};

const Table = (props: Props & { readonly backups: readonly Backup[] }): JSX.Element => (
  <div class="table-wrap">
    <table class="cards" aria-label={`Backups of ${props.environment.name}`}>
      <thead>
        <tr>
          <th>Backup</th>
          <th>State</th>
          <th>Restore tried</th>
          <th class="number">Size</th>
          <th>sha256</th>
          <th>Removed</th>
          <th>
            <span class="visually-hidden">Restore</span>
          </th>
        </tr>
      </thead>
      <tbody>
        <For each={props.backups}>{(backup) => <Row {...props} backup={backup} />}</For>
      </tbody>
    </table>
  </div>
);

const Row = (props: Props & { readonly backup: Backup }): JSX.Element => (
  <tr>
    <td>
      <span>
        {scopeWords[props.backup.backup_scope].word}, <Age at={props.backup.created_at} />
      </span>
    </td>
    <td data-label="State">
      <State look={backupLooks[props.backup.status]} />
      <Show when={props.backup.status === "failed"}>
        <div class="why">
          <A href={`/jobs/${props.backup.job_id}`}>See why</A>
        </div>
      </Show>
    </td>
    <td data-label="Restore tried">
      <Show when={drillLook(props.backup)} fallback="–">
        {(look) => <State look={look()} />}
      </Show>
      <Show when={props.backup.last_drill}>
        {(drill) => (
          <div class="why">
            <A href={`/jobs/${drill().job_id}`}>
              <Age at={drill().at} />
            </A>
          </div>
        )}
      </Show>
    </td>
    <td class="number" data-label="Size">
      {props.backup.size_bytes === null ? "–" : sizeWord(props.backup.size_bytes)}
    </td>
    <td data-label="sha256">
      <Show when={props.backup.checksum} fallback="–">
        {(checksum) => (
          <span class="with-copy">
            <code title={checksum()}>{checksum().slice(0, 12)}…</code> <Copy text={checksum()} what="the checksum" />
          </span>
        )}
      </Show>
    </td>
    <td class="dim" data-label="Removed">
      <Show when={props.backup.status !== "expired"} fallback="it is">
        <Age at={props.backup.retention_until} />
      </Show>
    </td>
    <td class="number">
      <Show when={props.backup.status === "completed" && (props.isBusy || allowedIn(props.environment).isRestorable)}>
        <Restore {...props} backup={props.backup} />
      </Show>
    </td>
  </tr>
);

const Restore = (props: Props & { readonly backup: Backup }): JSX.Element => {
  const [isSafe, setSafe] = createSignal(true);
  const intent = createIntent();
  const restore = createBegin(() => {
    const body = { backup_id: props.backup.id, ...(isSafe() ? {} : { safety_backup: false }) };
    return call(
      "restoreEnvironment",
      { params: { id: props.environment.id }, body },
      { idempotencyKey: intent.keyOf(body) },
    );
  });
  return (
    <Confirm
      action="Restore"
      label={`Restore the backup of ${exactWord(props.backup.created_at)}`}
      title={`Restore ${props.environment.name}`}
      name={props.environment.slug}
      isOff={props.isBusy}
      isPending={restore.isPending}
      failure={restore.error}
      isOnce
      onOpen={() => {
        setSafe(true);
        intent.renew();
      }}
      onConfirm={() => restore.mutate()}
    >
      <What {...props} isSafe={isSafe()} />
      <CheckField
        id={`safe-${props.backup.id}`}
        label="Back up what is there first"
        hint="Without it there is no way back to what is there now. For an environment that can no longer be read."
        isChecked={isSafe()}
        onChange={setSafe}
      />
    </Confirm>
  );
};

/** In the order in which it happens. */
const What = (props: { readonly backup: Backup; readonly isSafe: boolean }): JSX.Element => (
  <>
    <p>
      {replacedBy(props.backup)}: replaced by the backup of {exactWord(props.backup.created_at)} (
      <Age at={props.backup.created_at} />, {sizeWord(props.backup.size_bytes ?? 0)}). What was changed since then is
      gone from the site.
    </p>
    <ol class="guidance way">
      <li>The backup is verified. If it is damaged, nothing is touched.</li>
      <Show when={props.isSafe} fallback={<li>What is there now is not backed up.</li>}>
        <li>What is there now is backed up in full, and kept for 30 days.</li>
      </Show>
      <li>The backup is put in place. If the site does not answer then, what was there is shown again.</li>
    </ol>
  </>
);
