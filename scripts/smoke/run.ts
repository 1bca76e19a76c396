/** Runs one smoke from its environment to its exit code. */
import * as answers from "./answers.ts";
import type { Clock } from "./clock.ts";
import { NoCloud, type Program, startCloud } from "./cloud.ts";
import { describeFailure, type FailedStep, makeScrubber } from "./failure.ts";
import * as scenes from "./scene.ts";
import { parseSettings, type Settings, SettingsRefused, type Target } from "./settings.ts";
import { makeSteps, type Steps } from "./steps.ts";
import type { Story } from "./stories.ts";

export const exitCodes = {
  passed: 0,
  failed: 1,
  /** The environment is incomplete. */
  refused: 2,
  /** There is no deployment to try: no BASE_URL, and a local cloud cannot be had. */
  noCloud: 3,
} as const;

export interface RunInput {
  readonly name: string;
  readonly story: Story;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Started when there is no BASE_URL. */
  readonly program: Program;
  readonly clock: Clock;
  /** Aborted when the person asks to stop. */
  readonly signal: AbortSignal;
  print(line: string): void;
}

/** Answers the exit code; throws nothing. */
export const runSmoke = async (input: RunInput): Promise<number> => {
  const { hide, scrub } = makeScrubber();
  const print = (line: string) => input.print(scrub(line));
  const steps = makeSteps(input.clock, print);
  const told = new WeakSet<object>();
  const report = (error: unknown) => {
    const known = Object(error);
    if (told.has(known)) return;
    told.add(known);
    for (const line of describeEnd(input, steps.current(), error)) print(line);
  };
  try {
    await onDeployment({ ...input, settings: parseSettings(input.environment), steps, hide, report });
    print(`PASSED  ${input.name}`);
    return exitCodes.passed;
  } catch (error) {
    report(error);
    return exitCodeOf(error);
  }
};

const describeEnd = ({ signal }: RunInput, step: FailedStep, error: unknown): string[] => {
  if (signal.aborted) return [`STOPPED ${step.name}`];
  if (error instanceof NoCloud) return [`The local cloud cannot be had here: ${error.message}`];
  return error instanceof SettingsRefused ? [error.message] : describeFailure(step, error);
};

const exitCodeOf = (error: unknown): number => {
  if (error instanceof NoCloud) return exitCodes.noCloud;
  return error instanceof SettingsRefused ? exitCodes.refused : exitCodes.failed;
};

interface Prepared extends Omit<RunInput, "print" | "environment"> {
  readonly settings: Settings;
  readonly steps: Steps;
  hide(secret: string): void;
  /** Tells a failure, once. */
  report(error: unknown): void;
}

const onDeployment = async (input: Prepared): Promise<void> => {
  await using ends = new AsyncDisposableStack();
  try {
    const target = input.settings.target ?? (await startOwn(input, ends));
    await onTarget(input, target, ends);
  } catch (error) {
    input.report(error);
    throw error;
  }
};

/** What was made in a cloud of our own goes with it; elsewhere it is removed one by one, also after a failure. */
const onTarget = async (input: Prepared, target: Target, ends: AsyncDisposableStack): Promise<void> => {
  const { scene, anew } = await openScene(input, target, ends);
  try {
    await play(input, scene, target.providerToken);
  } catch (error) {
    input.report(error);
    if (input.settings.target !== null) await tidyUp(anew());
    throw error;
  }
};

const startOwn = async (input: Prepared, ends: AsyncDisposableStack): Promise<Target> => {
  const { program, settings, clock, signal, steps, hide } = input;
  const budgetSeconds = settings.budgets.start;
  const cloudInput = { program, budgetSeconds, clock, signal, say: steps.say, hide };
  const cloud = await steps.run("start a local cloud", () => startCloud(cloudInput));
  ends.defer(async () => {
    await cloud.stop();
    steps.say(`The local cloud is stopped. Its logs: ${program.logs}`);
  });
  return cloud.target;
};

interface Opened {
  readonly scene: scenes.Scene;
  /** The same scene for whatever must happen although the person asked to stop. */
  anew(): scenes.Scene;
}

const openScene = async (input: Prepared, target: Target, ends: AsyncDisposableStack): Promise<Opened> => {
  const { settings, clock, signal, steps, hide } = input;
  const { budgets, nodeChoice } = settings;
  const names = scenes.newNames();
  const open: scenes.OpenInput = { target, budgets, clock, signal, hide };
  const headers = await steps.run("log in", () => scenes.identify(open));
  const sceneFor = (until: AbortSignal): scenes.Scene => {
    const api = scenes.openApi({ ...open, signal: until }, headers);
    return { api, clock, signal: until, note: steps.say, steps, names, budgets, nodeChoice, hide };
  };
  const anew = () => sceneFor(new AbortController().signal);
  // Without this session: it expires by itself, and nobody knows it.
  const logOut = () =>
    anew()
      .api.call("logout", answers.anything)
      .catch(() => {});
  if (target.credentials.kind === "password") ends.defer(async () => void (await logOut()));
  return { scene: sceneFor(signal), anew };
};

const play = async ({ story, steps }: Prepared, scene: scenes.Scene, providerToken: string | null): Promise<void> => {
  await steps.run("connect the provider", () => scenes.connectProvider(scene, providerToken));
  const found = await steps.run(
    "look for a ready node",
    () => scenes.findNode(scene),
    (id) => id ?? "none",
  );
  const nodeId =
    found ??
    (await steps.run(
      "create a node",
      () => scenes.makeNode(scene),
      (id) => id,
    ));
  const stage = await steps.run(
    "create a site",
    () => scenes.makeSite(scene, nodeId),
    ({ environment }) => environment.preview_url,
  );
  await story(scene, stage);
  await steps.run("delete the site", () => scenes.removeSite(scene, "patient"));
  if (found === undefined) await steps.run("delete the node", () => scenes.removeNode(scene, "patient"));
};

/** After a failure: what can be removed is, and what cannot is named. */
const tidyUp = async (scene: scenes.Scene): Promise<void> => {
  const { steps, names } = scene;
  const removals = { site: scenes.removeSite, node: scenes.removeNode };
  for (const [what, remove] of Object.entries(removals)) {
    try {
      if (await remove(scene, "hurried")) steps.say(`Removed the ${what} ${names.name}.`);
    } catch (error) {
      const why = error instanceof Error ? error.message : "the request failed";
      steps.say(`LEFT BEHIND, perhaps: the ${what} ${names.name} (${why}). Delete it by hand.`);
    }
  }
};
