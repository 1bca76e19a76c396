import * as z from "zod/mini";
import { HetznerError, noDetails, refuseLocally } from "./errors.ts";
import { fingerprintMd5 } from "./fingerprint.ts";
import type { CallOptions } from "./options.ts";
import { listAll, meta } from "./pages.ts";
import { retryPauseMs } from "./retry.ts";
import { type Action, actionSchema } from "./schemas/action.ts";
import type { Server } from "./schemas/server.ts";
import type { SshKey } from "./schemas/ssh-key.ts";
import { type CreateServer, createServer, listServers } from "./servers.ts";
import { type CreateSshKey, createSshKey, listSshKeys } from "./ssh-keys.ts";
import type { Wire } from "./wire.ts";

/** At least one label: without any, nothing would tell a server of ours from another of the same name. */
export type CreateLabelledServer = CreateServer & { readonly labels: Readonly<Record<string, string>> };

/** The server that a create made, whether or not its answer arrived. */
export interface SettledServer {
  /** True: the answer was lost, and the server was found afterwards. */
  readonly adopted: boolean;
  readonly server: Server;
  /** `create_server`; null when an adopted server's list of actions does not have it (any more). */
  readonly action: Action | null;
  /** All others: await them too. */
  readonly nextActions: readonly Action[];
  /** Lost with the answer of an adopted server. A secret. */
  readonly rootPassword: string | null;
}

export interface SettledSshKey {
  /** True: the answer was lost, and the key was found afterwards. */
  readonly adopted: boolean;
  readonly sshKey: SshKey;
}

/** Options of a create that is settled. */
export interface AdoptOptions extends CallOptions {
  /**
   * For a caller that was restarted and may have sent this create before: it looks before it sends, adopts what was
   * created since `createdAfterMs` (when it may have been sent first, in milliseconds since the epoch) instead of since
   * now, and looks again after a first `uniqueness_error` instead of throwing it.
   */
  lookFirst?: { readonly createdAfterMs: number } | undefined;
}

/** How often a create is sent at most, and how often it is looked for. With `lookFirst` the first round is a look alone. */
const ROUNDS_MAX = 4;

/** What is older than the call by more than this was not made by it; this machine's clock may be ahead of Hetzner's. */
const CLOCK_SKEW_MS = 120_000;

/**
 * `createServer` that clears up lost answers itself: when it is unknown whether the server was made, it looks for one of
 * that name before it sends anything again. Names are unique in a project, so no order can make two.
 *
 * The server found is adopted only when its labels (all that were sent), type, location (when one was sent) and age say
 * that this call made it. Tries and time (`deadlineMs`) are bounded, and nothing is sent again after a `uniqueness_error`.
 * A look that is useless to repeat (`unauthorized`, ...) ends it.
 *
 * @throws HetznerError `conflict` without a code for a server of that name that is not ours, `details.fields` naming what
 *   differs; that of a look that is useless to repeat, with effect `unknown`; otherwise that of the last create, with
 *   effect `unknown` when any try may have made the server
 */
export async function createOrAdoptServer(
  wire: Wire,
  input: CreateLabelledServer,
  options: AdoptOptions = {},
): Promise<SettledServer> {
  const operation = "servers.createOrAdopt";
  if (Object.keys(input.labels).length === 0) throw refuseLocally(operation, "no labels would say whose server it is");
  return settle<SettledServer, Server>(wire, options, {
    operation,
    send: async (call) => ({ adopted: false, ...(await createServer(wire, input, call)) }),
    find: (call) => firstOf(listServers(wire, { name: input.name }, call), ({ name }) => name === input.name),
    differences: (server) => serverDifferences(input, server),
    adopt: async (server, call) => {
      const actions = await listServerActions(wire, server.id, call);
      const action = actions.find(({ command }) => command === "create_server") ?? null;
      return {
        adopted: true,
        server,
        action,
        nextActions: actions.filter((each) => each !== action),
        rootPassword: null,
      };
    },
  });
}

/**
 * `createSshKey` that clears up lost answers itself, as `createOrAdoptServer` does it: it looks for the key's fingerprint,
 * then for its name. Adopted is only this very key with the name and the labels that were sent and of the right age.
 */
export async function createOrAdoptSshKey(
  wire: Wire,
  input: CreateSshKey,
  options: AdoptOptions = {},
): Promise<SettledSshKey> {
  const fingerprint = fingerprintMd5(input.publicKey);
  return settle<SettledSshKey, SshKey>(wire, options, {
    operation: "sshKeys.createOrAdopt",
    send: async (call) => ({ adopted: false, sshKey: await createSshKey(wire, input, call) }),
    find: async (call) =>
      (await firstOf(listSshKeys(wire, { fingerprint }, call), (key) => key.fingerprint === fingerprint)) ??
      (await firstOf(listSshKeys(wire, { name: input.name }, call), ({ name }) => name === input.name)),
    differences: (key) => sshKeyDifferences(input, fingerprint, key),
    adopt: async (sshKey) => ({ adopted: true, sshKey }),
  });
}

interface Create<T, F> {
  readonly operation: string;
  send(call: CallOptions): Promise<T>;
  /** What has the unique name (or key) now. */
  find(call: CallOptions): Promise<F | null>;
  /** Names of the fields that say that it is not what was sent; none: it is. */
  differences(found: F): string[];
  adopt(found: F, call: CallOptions): Promise<T>;
}

/**
 * Sends, and after an unknown effect looks back before anything else. Only a look that found nothing allows to send again,
 * and only after an error that may pass: `uniqueness_error` is none.
 */
async function settle<T, F extends { created: string }>(
  wire: Wire,
  options: AdoptOptions,
  create: Create<T, F>,
): Promise<T> {
  const { clock, random, deadlineMs } = wire.settings;
  const { signal, lookFirst } = options;
  const startMs = clock.now();
  const endMs = startMs + (options.deadlineMs ?? deadlineMs);
  const bornAfterMs = (lookFirst?.createdAfterMs ?? startMs) - CLOCK_SKEW_MS;
  // A getter: each request of the call, each page of a look too, gets what is left then.
  const call: CallOptions = {
    signal,
    get deadlineMs() {
      return endMs - clock.now();
    },
  };
  let open: HetznerError | null = null;
  let failedLook: HetznerError | null = null;
  for (let round = 0, maySend = lookFirst === undefined; round < ROUNDS_MAX; round++) {
    if (maySend) {
      const sent = await valueOrError(create.send(call));
      if (!(sent instanceof HetznerError)) return sent.value;
      open = stillOpen(sent, open, lookFirst !== undefined);
    }
    const pauseMs = open === null && round === 0 ? 0 : retryPauseMs(round, random());
    if (pauseMs > 0 && clock.now() + pauseMs >= endMs) break;
    if (pauseMs > 0) await clock.sleep(pauseMs, signal);
    const seen = await valueOrError(lookBack(create, call, bornAfterMs));
    if (seen instanceof HetznerError) {
      failedLook = new HetznerError({ ...seen, effect: "unknown" });
      if (!seen.retryable) throw failedLook;
      maySend = false;
    } else if (seen.value !== null) return theirsOrOurs(seen.value);
    else maySend = open?.retryable ?? true;
  }
  throw open ?? failedLook;
}

/** The caller's abort goes through. */
async function valueOrError<T>(work: Promise<T>): Promise<{ value: T } | HetznerError> {
  try {
    return { value: await work };
  } catch (error) {
    if (error instanceof HetznerError) return error;
    throw error;
  }
}

/**
 * Throws what is certain. Whatever the later tries say, an earlier one may have made it; for a restarted caller a taken name
 * says so too.
 */
function stillOpen(error: HetznerError, earlier: HetznerError | null, isRestarted: boolean): HetznerError {
  if (error.effect === "unknown") return error;
  if (earlier === null && !(isRestarted && error.code === "uniqueness_error")) throw error;
  return new HetznerError({ ...error, effect: "unknown" });
}

/** Null: there is nothing of that name. A failed look throws, and is not the same. */
async function lookBack<T, F extends { created: string }>(
  create: Create<T, F>,
  call: CallOptions,
  bornAfterMs: number,
): Promise<{ ours: T } | { theirs: HetznerError } | null> {
  const found = await create.find(call);
  if (found === null) return null;
  // Written so that an unreadable time counts as too old.
  const isNew = Date.parse(found.created) >= bornAfterMs;
  const fields = [...create.differences(found), ...(isNew ? [] : ["created"])];
  if (fields.length === 0) return { ours: await create.adopt(found, call) };
  return { theirs: conflict(create.operation, fields) };
}

function theirsOrOurs<T>(seen: { ours: T } | { theirs: HetznerError }): T {
  if ("ours" in seen) return seen.ours;
  throw seen.theirs;
}

function conflict(operation: string, fields: readonly string[]): HetznerError {
  return new HetznerError({
    class: "conflict",
    retryable: false,
    effect: "unknown",
    operation,
    details: { ...noDetails, fields: fields.map((name) => ({ name, messages: ["differs from what was sent"] })) },
    text: `one of that name is there, and this call did not make it: ${fields.join(", ")}`,
  });
}

function serverDifferences(input: CreateLabelledServer, server: Server): string[] {
  return [
    ...(isNamed(input.serverType, server.serverType) ? [] : ["server_type"]),
    ...(input.location === undefined || isNamed(input.location, server.location) ? [] : ["location"]),
    ...labelDifferences(input.labels, server.labels),
  ];
}

function sshKeyDifferences(input: CreateSshKey, fingerprint: string, key: SshKey): string[] {
  return [
    ...(key.name === input.name ? [] : ["name"]),
    ...(key.fingerprint === fingerprint ? [] : ["public_key"]),
    ...labelDifferences(input.labels ?? {}, key.labels),
  ];
}

/** Orders take a name or an id, also as text. */
function isNamed(wanted: string | number, got: { id: number; name: string } | null): boolean {
  return got !== null && (wanted === got.name || String(wanted) === String(got.id));
}

/** Labels that others have added since do not matter. */
function labelDifferences(sent: Readonly<Record<string, string>>, got: Readonly<Record<string, string>>): string[] {
  return Object.entries(sent).every(([key, value]) => got[key] === value) ? [] : ["labels"];
}

/** The filter of the list is not relied on. */
async function firstOf<T>(list: AsyncIterable<T>, isIt: (entry: T) => boolean): Promise<T | null> {
  for await (const entry of list) if (isIt(entry)) return entry;
  return null;
}

async function listServerActions(wire: Wire, id: number, call: CallOptions): Promise<Action[]> {
  const list = listAll(
    wire,
    {
      operation: "servers.listActions",
      path: `/servers/${id}/actions`,
      query: { sort: "id" },
      page: z.object({ actions: z.array(actionSchema), meta }),
      items: (page) => page.actions,
    },
    call,
  );
  const actions: Action[] = [];
  for await (const action of list) actions.push(action);
  return actions;
}
