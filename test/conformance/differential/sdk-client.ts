import * as z from "zod";
import { type Clock, type Hetzner, HetznerError, makeHetzner, realClock } from "../../../shared/hetzner/index.ts";
import type { Case, Outcome } from "./outcome.ts";

/** Pauses between attempts and looks lie in between and pass at once; time limits lie outside and are real. */
const PAUSE_MIN_MS = 500;
const PAUSE_MAX_MS = 5_000;
const ATTEMPT_MAX_MS = 60_000;
const WAIT_MS = 60_000;

function makeClock(): Clock {
  let nowMs = 1_795_000_000_000;
  return {
    now: () => nowMs,
    async sleep(ms, signal) {
      if (ms < PAUSE_MIN_MS || ms > PAUSE_MAX_MS) return realClock.sleep(ms, signal);
      signal?.throwIfAborted();
      nowMs += ms;
    },
  };
}

/** Makes the call with our SDK, which may repeat as often as hcloud-go does. */
export async function performWithSdk(of: Case, endpoint: string, token: string): Promise<Outcome> {
  const timeoutMs = of.ownTimeoutMs ?? of.timeoutMs ?? ATTEMPT_MAX_MS;
  try {
    const client = makeHetzner({
      token,
      endpoint,
      clock: makeClock(),
      random: () => 0,
      readTimeoutMs: timeoutMs,
      writeTimeoutMs: timeoutMs,
      deadlineMs: 1_000_000_000,
      maxRetries: 5,
      maxWriteRetries: 5,
    });
    return await outcomeOf(of, client);
  } catch (error) {
    return { ...judge(error), name: of.name };
  }
}

async function outcomeOf(of: Case, client: Hetzner): Promise<Outcome> {
  const operation = operations[of.operation];
  if (operation === undefined) throw new Error(`no such operation: ${of.operation}`);
  const value = await operation(client, of.args);
  if (value instanceof Ended) return { ...value.outcome, name: of.name };
  return { ...ended, name: of.name, kind: value === null ? "absent" : "ok", value };
}

const ended: Outcome = { name: "", kind: "ok", code: null, status: null, timeout: false, value: null, text: "" };

/** A wait can end well and still not be a plain success. */
class Ended {
  readonly outcome: Outcome;

  constructor(outcome: Outcome) {
    this.outcome = outcome;
  }
}

function judge(error: unknown): Outcome {
  if (!(error instanceof HetznerError)) return { ...ended, kind: "panic", text: String(error) };
  const { code, httpStatus: status, message: text } = error;
  if (status !== null && status >= 400 && code !== null) return { ...ended, kind: "api", code, status, text };
  if (status !== null && status >= 400) return { ...ended, kind: "status", status, text };
  if (error.class === "invalid_request") return { ...ended, kind: "local", text };
  // Pages that do not end, and answers that cannot be used; both were read completely.
  if (status !== null || (code === null && error.class === "unexpected_response"))
    return { ...ended, kind: "parse", text };
  return { ...ended, kind: "transport", timeout: error.class === "timeout", text };
}

type Args = Case["args"];
type Operation = (client: Hetzner, args: Args) => Promise<unknown>;

const id = ({ id: value }: Args): number => Number(value);

async function collect<T>(items: AsyncIterable<T>, view: (item: T) => unknown): Promise<unknown[]> {
  const all = [];
  for await (const item of items) all.push(view(item));
  return all;
}

type Server = Awaited<ReturnType<Hetzner["servers"]["updateLabels"]>>;
type Key = Awaited<ReturnType<Hetzner["sshKeys"]["create"]>>;
type Action = Awaited<ReturnType<Hetzner["servers"]["powerOn"]>>;

const serverView = ({ id, name, status, publicNet, labels }: Server) => ({
  id,
  name,
  status,
  ipv4: publicNet.ipv4?.ip ?? null,
  labels,
});
const keyView = ({ id, name, fingerprint, publicKey }: Key) => ({ id, name, fingerprint, publicKey });
const actionView = ({ id, command, status }: Action) => ({ id, command, status });
const orNull = <T>(item: T | null, view: (item: T) => unknown): unknown => (item === null ? null : view(item));

const text = z.optional(z.string());
const idOrName = z.union([z.string(), z.int()]);
const labels = z.record(z.string(), z.string());
const newServer = z.object({
  name: z.string(),
  serverType: idOrName,
  image: idOrName,
  location: text,
  sshKeys: z.optional(z.array(z.int())),
  userData: text,
  labels: z.optional(labels),
  startAfterCreate: z.optional(z.boolean()),
  publicNet: z.optional(z.object({ enableIpv4: z.boolean(), enableIpv6: z.boolean() })),
});
const newKey = z.object({ name: z.string(), publicKey: z.string(), labels: z.optional(labels) });

const operations: Readonly<Record<string, Operation>> = {
  "servers.create": async ({ servers }, args) => {
    const made = await servers.create(newServer.parse(args));
    const { server, action, nextActions, rootPassword } = made;
    return {
      server: serverView(server),
      action: actionView(action),
      nextActions: nextActions.map(actionView),
      rootPassword: rootPassword ?? "",
    };
  },
  "servers.get": async ({ servers }, args) => orNull(await servers.get(id(args)), serverView),
  "servers.list": ({ servers }, args) => collect(servers.list(args), serverView),
  "servers.updateLabels": async ({ servers }, args) =>
    serverView(await servers.updateLabels(id(args), labels.parse(args.labels))),
  "servers.delete": async ({ servers }, args) => orNull(await servers.delete(id(args)), actionView),
  "servers.powerOn": async ({ servers }, args) => actionView(await servers.powerOn(id(args))),
  "servers.powerOff": async ({ servers }, args) => actionView(await servers.powerOff(id(args))),
  "sshKeys.list": ({ sshKeys }, args) => collect(sshKeys.list(args), keyView),
  "sshKeys.get": async ({ sshKeys }, args) => orNull(await sshKeys.get(id(args)), keyView),
  "sshKeys.create": async ({ sshKeys }, args) => keyView(await sshKeys.create(newKey.parse(args))),
  "sshKeys.update": async ({ sshKeys }, args) => keyView(await sshKeys.update(id(args), args)),
  "sshKeys.delete": async ({ sshKeys }, args) => (await sshKeys.delete(id(args))) || null,
  "actions.get": async ({ actions }, args) => orNull(await actions.get(id(args)), actionView),
  "actions.wait": waitFor,
  "serverTypes.list": ({ serverTypes }) =>
    collect(serverTypes.list(), ({ id, name, memory, locations }) => ({
      id,
      name,
      memory,
      locations: locations.map(({ name, available }) => ({ name, available: available ?? false })),
    })),
  "locations.list": ({ locations }) =>
    collect(locations.list(), ({ id, name, networkZone }) => ({ id, name, networkZone })),
  "images.list": ({ images }, args) =>
    collect(images.list(args), ({ id, name, architecture }) => ({ id, name: name ?? "", architecture })),
  "pricing.get": async ({ pricing }) => {
    const { currency, vatRate, serverTypes } = await pricing.get();
    return { currency, vatRate, serverTypes: serverTypes.length };
  },
  "primaryIps.list": ({ primaryIps }, args) =>
    collect(primaryIps.list(args), ({ id, ip, assigneeId }) => ({ id, ip, assigneeId: assigneeId ?? 0 })),
  "primaryIps.delete": async ({ primaryIps }, args) => (await primaryIps.delete(id(args))) || null,
};

async function waitFor({ actions }: Hetzner, args: Args): Promise<unknown> {
  const found = await actions.wait(z.array(z.int()).parse(args.ids), { deadlineMs: WAIT_MS });
  const value = {
    succeeded: found.succeeded.map((action) => action.id).sort((a, b) => a - b),
    failed: found.failed.map(({ action, error }) => ({ id: action.id, code: error.code ?? "" })),
  };
  value.failed.sort((a, b) => a.id - b.id);
  if (found.lastError !== null) return new Ended({ ...judge(found.lastError), value });
  if (found.missing.length > 0) return new Ended({ ...ended, kind: "missing", value });
  return value;
}
