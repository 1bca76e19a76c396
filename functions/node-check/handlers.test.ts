/** What a check over SSH asks, shows and writes; the host is the one stand-in. */
import { describe, expect, it } from "vitest";
import { apiError, node as nodeSchema } from "../../contracts/models.ts";
import type { NodeRecord } from "../../shared/domain/node.ts";
import { makeActiveNode, makeNode, nodeId } from "../../shared/domain/testing.ts";
import type { HostLook, SshTarget } from "../../shared/node/index.ts";
import { keys } from "../../shared/store/keys.ts";
import { findNode, nodeItem } from "../../shared/store/nodes.ts";
import type { Table } from "../../shared/store/table.ts";
import { makeWorld, readBody } from "../http/testing.ts";
import { managedKey, providerWrite, serveNodeCheck } from "./fixture.ts";

const privateKey = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----";
const well: HostLook = {
  reached: true,
  cloudInit: { status: "done", detail: null },
  sudo: true,
  runtimePresent: true,
};
const silent: HostLook = { reached: false, reason: "timeout" };

const checkNode = async (
  node: NodeRecord | undefined,
  world: {
    host?: HostLook;
    hasKey?: boolean;
    secrets?: Record<string, string>;
    meanwhile?: (table: Table) => Promise<unknown>;
  } = {},
) => {
  const { host = well, hasKey = true, secrets = { [managedKey.secretName]: privateKey }, meanwhile } = world;
  const { table, startMs } = await makeWorld();
  const nowMs = startMs + 1000;
  const asked: SshTarget[] = [];
  if (node !== undefined) await table.write({ put: nodeItem(node) });
  await table.write(providerWrite(startMs, hasKey));
  const lookAtHost = async (target: SshTarget): Promise<HostLook> => {
    asked.push(target);
    await meanwhile?.(table);
    return host;
  };
  const { post, lines } = serveNodeCheck({ table, nowMs, readSecret: async (name) => secrets[name], lookAtHost });
  const response = await post(`/api/nodes/${nodeId}/check`);
  return { response, asked, nowMs, lines, after: await findNode(table, nodeId) };
};
const shown = ({ response }: Awaited<ReturnType<typeof checkNode>>) => {
  expect(response.statusCode, response.body).toBe(200);
  return nodeSchema.parse(readBody(response));
};

describe("checkNode", () => {
  it("looks at the node's own address with its own key and none but its recorded host keys", async () => {
    const node = makeActiveNode({ sshPort: 2222, sshUser: "admin", hostKeys: ["ssh-ed25519 ONE", "ssh-ed25519 TWO"] });
    const { asked } = await checkNode(node);
    expect(asked).toEqual([
      { host: "198.51.100.7", port: 2222, user: "admin", privateKey, hostKeys: ["ssh-ed25519 ONE", "ssh-ed25519 TWO"] },
    ]);
  });

  it("writes what it found and nothing else", async () => {
    const node = makeActiveNode({ openJobId: "018f0000-0000-7000-8000-000000000099" });
    const checked = await checkNode(node);
    expect(checked.after).toEqual({
      ...node,
      probe: { checkedAtMs: checked.nowMs, reached: true, sudo: true, runtime: true },
      lastSeenAtMs: checked.nowMs,
    });
    expect(shown(checked).readiness).toMatchObject({
      is_ready: true,
      checked_at: new Date(checked.nowMs).toISOString(),
    });
  });

  it("does not write over what a job wrote meanwhile", async () => {
    const meanwhile = (table: Table) =>
      table.write({ put: nodeItem(makeActiveNode({ serverState: "deleting", stateVersion: 9 })) });
    const { after } = await checkNode(makeActiveNode(), { meanwhile });
    expect(after).toMatchObject({ serverState: "deleting", stateVersion: 9, probe: { runtime: true } });
  });

  const rows: [string, HostLook, string[]][] = [
    ["that does not answer", silent, ["node_unreachable"]],
    ["without sudo", { ...well, sudo: false }, ["sudo_unavailable"]],
    ["without the runtime", { ...well, runtimePresent: false }, ["runtime_missing"]],
  ];
  it.each(rows)("of a host %s is a 200 that says so", async (_what, host, reasons) => {
    const checked = await checkNode(makeActiveNode(), { host });
    expect(shown(checked).readiness.reason_codes).toEqual(reasons);
  });

  it("of a host that does not answer keeps when it was last seen, and its status", async () => {
    const node = makeActiveNode();
    const checked = await checkNode(node, { host: silent });
    expect(shown(checked)).toMatchObject({
      status: "active",
      last_seen_at: new Date(node.lastSeenAtMs ?? 0).toISOString(),
    });
  });

  it.each([
    ["has no address yet", makeNode(), {}],
    ["is decommissioned", makeActiveNode({ status: "decommissioned" }), {}],
    ["cannot be logged in to: no key was ever made", makeActiveNode(), { hasKey: false }],
    ["cannot be logged in to: the key is gone", makeActiveNode(), { secrets: {} }],
  ])("of a node that %s asks nobody and changes nothing", async (_what, node, world) => {
    const checked = await checkNode(node, world);
    expect(checked.asked).toEqual([]);
    expect(checked.after).toEqual(node);
    expect(shown(checked).id).toBe(nodeId);
  });

  it.each([
    ["there never was", undefined, {}],
    [
      "was removed meanwhile",
      makeActiveNode(),
      { meanwhile: (table: Table) => table.write({ delete: keys.node(nodeId) }) },
    ],
  ])("of a node that %s is a 404 and makes none", async (_what, node, world) => {
    const { response, after } = await checkNode(node, world);
    expect([response.statusCode, apiError.parse(readBody(response)).code]).toEqual([404, "not_found"]);
    expect(after).toBeUndefined();
  });

  it("shows the key to nobody", async () => {
    const { response, lines } = await checkNode(makeActiveNode());
    expect(response.body + lines.join()).not.toContain("PRIVATE KEY");
  });
});
