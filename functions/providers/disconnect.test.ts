import { describe, expect, it } from "vitest";
import { providerConnection } from "../../contracts/models.ts";
import { finishSecrets } from "../../shared/store/providers.ts";
import { addNode, makeProvidersFixture, problemOf, tokens } from "./fixture.ts";
import { makeProvidersHandlers } from "./handlers.ts";

const connected = async () => {
  const fixture = makeProvidersFixture();
  await fixture.connect(tokens.rw);
  return fixture;
};

describe("disconnecting", () => {
  it("destroys the token, removes our key at Hetzner and keeps the key pair", async () => {
    const fixture = await connected();
    const shown = providerConnection.parse(await fixture.disconnect());
    expect(shown).toMatchObject({ status: "disconnected", secret_configured: false, rate_limit: null });
    expect(shown.guidance.join(" ")).toContain("Read & Write");
    expect(fixture.tokenSecrets()).toEqual([]);
    expect(fixture.keysOf("demo")).toEqual([]);
    expect(fixture.vault.names()).toHaveLength(1);
    expect((await fixture.record())?.retiredSecrets).toEqual([]);
  });

  it("and connecting again uses the same key pair", async () => {
    const fixture = await connected();
    const [key] = fixture.keysOf("demo");
    await fixture.disconnect();
    expect(await fixture.connect(tokens.rw)).toMatchObject({ status: "connected" });
    expect(fixture.keysOf("demo")[0]?.fingerprint).toBe(key?.fingerprint);
  });

  it("is refused while a node exists, naming it", async () => {
    const fixture = await connected();
    await addNode(fixture, null);
    const problem = await problemOf(fixture.disconnect());
    expect(problem.code).toBe("provider_in_use");
    expect(problem.parts.details).toMatchObject({ nodes: [{ name: expect.stringMatching(/^pl-/) }] });
    expect(await fixture.get()).toMatchObject({ status: "connected" });
    expect(fixture.tokenSecrets()).toHaveLength(1);
    expect(fixture.keysOf("demo")).toHaveLength(1);
  });

  it("twice, and without ever having connected, is fine", async () => {
    const fixture = makeProvidersFixture();
    expect(await fixture.disconnect()).toMatchObject({ status: "disconnected" });
    await fixture.connect(tokens.rw);
    await fixture.disconnect();
    expect(await fixture.disconnect()).toMatchObject({ status: "disconnected" });
  });

  it("clears what a refused connect left to see", async () => {
    const fixture = makeProvidersFixture();
    await fixture.connect(tokens.unknown);
    expect(await fixture.disconnect()).toMatchObject({ status: "disconnected", status_reason: null });
  });

  it("works without Hetzner, within its time", async () => {
    const fixture = await connected();
    fixture.simulator.plan({ kind: "lost_before_commit", times: 1000 });
    const startMs = fixture.clock.now();
    expect(await fixture.disconnect()).toMatchObject({ status: "disconnected" });
    expect(fixture.clock.now() - startMs).toBeLessThanOrEqual(20_000);
    expect(fixture.tokenSecrets()).toEqual([]);
  });

  it("leaves a key alone whose labels are no longer ours", async () => {
    const fixture = await connected();
    const [key] = fixture.keysOf("demo");
    const headers = {
      authorization: `Bearer ${tokens.rw}`,
      "content-type": "application/json",
      "user-agent": "test",
    };
    const relabelled = fixture.simulator.wireFetch(`https://api.hetzner.cloud/v1/ssh_keys/${key?.id}`, {
      method: "PUT",
      headers,
      body: JSON.stringify({ labels: { owner: "somebody" } }),
    });
    await fixture.run(relabelled);
    await fixture.disconnect();
    expect(fixture.keysOf("demo")).toHaveLength(1);
  });
});

describe("a node asked for just before a disconnect", () => {
  it("keeps its token", async () => {
    const fixture = await connected();
    const before = await fixture.record();
    let looks = 0;
    const { deps } = fixture.makeDeps();
    const handlers = makeProvidersHandlers({
      ...deps,
      // The indexes show the node only to the second look.
      table: {
        ...deps.table,
        query: async (query) => {
          looks += 1;
          if (looks === 4) await addNode(fixture, null);
          return deps.table.query(query);
        },
      },
    });
    const problem = await problemOf(fixture.run(handlers.disconnectProvider(fixture.namedCall())));
    expect(problem.code).toBe("provider_in_use");
    expect(await fixture.record()).toMatchObject({
      status: "connected",
      tokenSecret: before?.tokenSecret,
      retiredSecrets: [],
    });
    expect(fixture.tokenSecrets()).toEqual([before?.tokenSecret]);
    expect(await fixture.check()).toMatchObject({ status: "connected" });
  });
});

describe.each(["before", "after"] as const)("a crash %s it took effect", (effect) => {
  it("at any outside call leaves a working connection or none, and no token without one", async () => {
    for (let at = 1; at < 100; at += 1) {
      const fixture = await connected();
      const { deps, crashed } = fixture.makeDeps({ at, effect });
      let settled = false;
      makeProvidersHandlers(deps)
        .disconnectProvider(fixture.namedCall())
        .then(() => {
          settled = true;
        });
      await fixture.clock.runUntilIdle();
      await finishSecrets(fixture.table, fixture.vault, fixture.clock.now());
      const record = await fixture.record();
      expect(fixture.tokenSecrets()).toEqual(record?.tokenSecret == null ? [] : [record.tokenSecret]);
      expect(record?.retiredSecrets).toEqual([]);
      await fixture.disconnect();
      expect(fixture.tokenSecrets()).toEqual([]);
      if (!crashed() || settled) {
        expect(at).toBeGreaterThan(10);
        return;
      }
    }
    throw new Error("the disconnect never ended");
  });
});
