/** One environment: where it is seen, what works on it, what can be done with it, and its backups. */
import { useQueryClient } from "@tanstack/solid-query";
import { type JSX, Show } from "solid-js";
import type { Environment } from "../../contracts/site-models.ts";
import { call } from "../api/call.ts";
import { allowedIn, presetWords, typeWords } from "../words/environments.ts";
import { environmentLooks } from "../words/looks.ts";
import { Backups } from "./backups.tsx";
import { BackUp, Clone, DeleteEnvironment, TryRestore } from "./environment-asks.tsx";
import { JobHere } from "./job-here.tsx";
import { OneTimeLogin } from "./one-time-login.tsx";
import { Reset } from "./reset.tsx";
import { Age, State } from "./small.tsx";

export interface EnvironmentProps {
  readonly environment: Environment;
  readonly isPrimary: boolean;
  /** A job works on the site: until it ends nothing else can be begun. */
  readonly isBusy: boolean;
}

export const EnvironmentCard = (
  props: EnvironmentProps & { readonly source: Environment | undefined },
): JSX.Element => (
  <section class="card environment" aria-label={`Environment ${props.environment.name}`}>
    <h2>
      {props.environment.name} <State look={environmentLooks[props.environment.status]} />
    </h2>
    <p class="facts">
      <Show when={kindOf(props.environment, props.source)}>{(kind) => <span>{kind()}</span>}</Show>
      <Show when={props.environment.wordpress_version}>{(version) => <span>WordPress {version()}</span>}</Show>
      <span>
        made <Age at={props.environment.created_at} />
      </span>
      <Show when={!props.isPrimary}>
        <span>protects {presetWords[props.environment.promotion_preset].word.toLowerCase()}</span>
      </Show>
    </p>
    <p>
      <a href={props.environment.preview_url} target="_blank" rel="noopener noreferrer">
        {props.environment.preview_url}
        <span class="visually-hidden"> (opens in a new tab)</span>
      </a>
    </p>
    <LastJob environment={props.environment} />
    <Actions {...props} />
    <Backups environment={props.environment} isBusy={props.isBusy} />
  </section>
);

/** "Staging of Production"; null: its name says so already. */
const kindOf = ({ environment_type, name }: Environment, source: Environment | undefined): string | null => {
  const word = typeWords[environment_type];
  if (source !== undefined) return `${word} of ${source.name}`;
  return word === name ? null : word;
};

/** What a job changes is asked for again the moment that it ends. */
const LastJob = (props: { readonly environment: Environment }): JSX.Element => {
  const client = useQueryClient();
  const askAgain = () => {
    const { id, site_id } = props.environment;
    for (const queryKey of [["getSite"], ["listEnvironments", site_id], ["listBackups", id]]) {
      void client.invalidateQueries({ queryKey });
    }
  };
  return <JobHere id={props.environment.last_job_id} onChange={askAgain} />;
};

const Actions = (props: EnvironmentProps): JSX.Element => {
  const allowed = () => allowedIn(props.environment);
  return (
    <div class="actions">
      <Show when={allowed().isInService}>
        <OneTimeLogin environment={props.environment} />
      </Show>
      {/* What is restored is in service again in a moment: nothing jumps. */}
      <Show when={allowed().isInService || props.environment.status === "restoring"}>
        <BackUp {...props} />
        <Clone {...props} />
        <TryRestore {...props} />
      </Show>
      <Show when={allowed().isResettable && !props.isBusy}>
        <Reset
          ask={() => call("resetEnvironment", { params: { id: props.environment.id } })}
          word="Take into service again"
        />
      </Show>
      <Show when={!props.isPrimary}>
        <DeleteEnvironment {...props} />
      </Show>
      <Show when={props.isBusy}>
        <p class="hint">While a job works on this site, no other one can be begun.</p>
      </Show>
    </div>
  );
};
