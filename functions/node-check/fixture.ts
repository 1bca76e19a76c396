/** The words that tests of what is asked over SSH are written in: the real edge and handlers over a table in memory. */
import { disconnectedProvider, type ProviderRecord } from "../../shared/domain/provider.ts";
import { newId } from "../../shared/ids.ts";
import { makeLog } from "../../shared/log.ts";
import { toItem } from "../../shared/store/items.ts";
import { keys } from "../../shared/store/keys.ts";
import type { Write } from "../../shared/store/table.ts";
import { type HttpResponse, serve } from "../http/edge.ts";
import { buildGatewayEvent } from "../http/gateway-event.ts";
import { withToken } from "../http/testing.ts";
import { makeNodeCheckHandlers, type NodeCheckDeps } from "./handlers.ts";

export const managedKey: NonNullable<ProviderRecord["managedKey"]> = {
  secretName: "pressluft/i/ssh-key/hetzner",
  publicKey: "ssh-ed25519 A",
  fingerprintMd5: "aa",
  hetznerId: 1,
};

/** A provider that knows the name of its key and nothing else, or not even that. */
export const providerWrite = (nowMs: number, hasKey = true): Write => {
  const provider = { ...disconnectedProvider("hetzner", nowMs), managedKey: hasKey ? managedKey : null };
  return { put: toItem(keys.provider("hetzner"), provider) };
};

type Served = Pick<NodeCheckDeps, "table"> & Partial<NodeCheckDeps> & { readonly nowMs: number };

/** Requests to the function as the gateway sends them. What a test says nothing of is a node that does not answer. */
export const serveNodeCheck = ({ nowMs, ...deps }: Served) => {
  const lines: string[] = [];
  const now = () => nowMs;
  const log = makeLog("test", now, (line) => lines.push(line));
  const handlers = makeNodeCheckHandlers({
    now,
    newId,
    readSecret: async () => undefined,
    lookAtHost: async () => ({ reached: false, reason: "timeout" }),
    runOnHost: async () => ({
      reached: false,
      reason: "timeout",
      message: "The server did not answer over SSH in time.",
    }),
    ...deps,
  });
  const handler = serve("node-check", handlers, { table: deps.table, now, log, cookieSecure: true });
  const post = (path: string): Promise<HttpResponse> =>
    handler(buildGatewayEvent("aws", { method: "POST", path, ...withToken }), {});
  return { post, lines };
};
