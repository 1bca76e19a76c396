import { describe, expect, it } from "vitest";
import { providerConnection } from "../../contracts/models.ts";
import { type Fault, faultKinds } from "../../local/hetzner/index.ts";
import { finishSecrets } from "../../shared/store/providers.ts";
import { addNode, makeProvidersFixture, type ProvidersFixture, problemOf, tokens } from "./fixture.ts";
import { makeProvidersHandlers } from "./handlers.ts";

const minuteMs = 60_000;

/** Every request of the kind's, for as long as the test goes on. */
const always = (kind: Fault["kind"], change: Partial<Fault> = {}): Fault => ({ kind, times: 1000, ...change });

describe("connecting", () => {
  it("with a token that reads and writes registers our key once and is connected", async () => {
    const fixture = makeProvidersFixture();
    const shown = providerConnection.parse(await fixture.connect(tokens.rw));
    expect(shown).toMatchObject({
      status: "connected",
      status_reason: null,
      secret_configured: true,
      guidance: [],
      rate_limit: { limit: 3600 },
    });
    const [key, ...others] = fixture.keysOf("demo");
    expect(others).toEqual([]);
    expect(key).toMatchObject({ labels: { "managed-by": "pressluft" } });
    expect(await fixture.record()).toMatchObject({
      managedKey: { hetznerId: key?.id, fingerprintMd5: key?.fingerprint },
      retiredSecrets: [],
    });
    expect(fixture.tokenSecrets()).toHaveLength(1);
  });

  it("again proves writing by a write that changes nothing, and keeps one secret", async () => {
    const fixture = makeProvidersFixture();
    await fixture.connect(tokens.rw);
    const [before] = fixture.keysOf("demo");
    const [first] = fixture.tokenSecrets();
    await fixture.connect(tokens.rw);
    expect(fixture.keysOf("demo")).toEqual([before]);
    expect(fixture.writesTo().map(({ method, route }) => `${method} ${route}`)).toEqual([
      "POST /ssh_keys",
      "PUT /ssh_keys/{id}",
    ]);
    expect(fixture.tokenSecrets()).toHaveLength(1);
    expect(fixture.tokenSecrets()[0]).not.toBe(first);
  });

  it("then with a read-only token of the same project leaves the first one in place", async () => {
    const fixture = makeProvidersFixture();
    await fixture.connect(tokens.rw);
    const [record, secrets] = [await fixture.record(), fixture.vault.names()];
    const problem = await problemOf(fixture.connect(tokens.ro));
    expect(problem.code).toBe("provider_credential_refused");
    expect(problem.parts.details).toEqual({ status_reason: "token_readonly" });
    expect(problem.parts.guidance?.join(" ")).toContain("Read & Write");
    expect(await fixture.record()).toEqual(record);
    expect(fixture.vault.names()).toEqual(secrets);
  });

  it("then with a token of another project, while a node exists, writes nothing into that project", async () => {
    const fixture = makeProvidersFixture();
    await fixture.connect(tokens.rw);
    await addNode(fixture, fixture.simulator.addServer({ project: "demo", name: "ours" }));
    const [record, secrets, writes] = [await fixture.record(), fixture.vault.names(), fixture.writesTo().length];
    const problem = await problemOf(fixture.connect(tokens.other));
    expect(problem.code).toBe("provider_project_mismatch");
    expect(problem.parts.guidance?.length).toBeGreaterThan(0);
    expect(await fixture.record()).toEqual(record);
    expect(fixture.vault.names()).toEqual(secrets);
    expect(fixture.writesTo()).toHaveLength(writes);
    expect(fixture.keysOf("other")).toEqual([]);
  });

  it("accepts another project while nothing exists", async () => {
    const fixture = makeProvidersFixture();
    await fixture.connect(tokens.rw);
    expect(await fixture.connect(tokens.other)).toMatchObject({ status: "connected" });
    expect((await fixture.record())?.managedKey?.hetznerId).toBe(fixture.keysOf("other")[0]?.id);
  });

  it("accepts a token that sees our server although our key was deleted by hand", async () => {
    const fixture = makeProvidersFixture();
    await fixture.connect(tokens.rw);
    await addNode(fixture, fixture.simulator.addServer({ project: "demo", name: "ours" }));
    await fixture.run(
      fixture.simulator.wireFetch(`https://api.hetzner.cloud/v1/ssh_keys/${fixture.keysOf("demo")[0]?.id}`, {
        method: "DELETE",
        headers: { authorization: `Bearer ${tokens.rw}`, "user-agent": "test" },
      }),
    );
    expect(fixture.keysOf("demo")).toEqual([]);
    expect(await fixture.connect(tokens.rw)).toMatchObject({ status: "connected" });
    expect(fixture.keysOf("demo")).toHaveLength(1);
  });

  it("does not believe a project that cannot be asked while a node exists", async () => {
    const fixture = makeProvidersFixture();
    await fixture.connect(tokens.rw);
    await addNode(fixture, fixture.simulator.addServer({ project: "demo", name: "ours" }));
    fixture.simulator.plan(always("unavailable_json", { method: "GET", route: "/servers/{id}" }));
    const problem = await problemOf(fixture.connect(tokens.other));
    expect(problem.parts.details).toEqual({ status_reason: "provider_unavailable" });
    expect(fixture.keysOf("other")).toEqual([]);
  });

  it("takes another name when a foreign key has ours", async () => {
    const fixture = makeProvidersFixture();
    await fixture.connect(tokens.rw);
    const name = fixture.keysOf("demo")[0]?.name;
    await fixture.run(
      fixture.simulator.wireFetch("https://api.hetzner.cloud/v1/ssh_keys", {
        method: "POST",
        headers: {
          authorization: `Bearer ${tokens.other}`,
          "content-type": "application/json",
          "user-agent": "test",
        },
        body: JSON.stringify({ name, public_key: fixture.deps.makeKeyPair("foreign").publicKey }),
      }),
    );
    expect(await fixture.connect(tokens.other)).toMatchObject({ status: "connected" });
    const keys = fixture.keysOf("other");
    expect(keys).toHaveLength(2);
    expect(keys.filter((key) => key.labels["managed-by"] === "pressluft").map((key) => key.name)).toEqual([
      expect.stringMatching(new RegExp(`^${name}-[0-9a-f]{8}$`)),
    ]);
  });

  it("ends after 20 seconds in all, however often each call may be repeated", async () => {
    const fixture = makeProvidersFixture();
    // 8 s and a repetition, 8 s for the write, then a look that would take 17 s more.
    fixture.simulator.plan({ kind: "lost_before_commit", method: "GET", route: "/ssh_keys" });
    fixture.simulator.plan({ kind: "lost_before_commit", method: "POST", route: "/ssh_keys" });
    fixture.simulator.plan({ kind: "lost_before_commit", method: "GET", route: "/ssh_keys", nth: 3, times: 9 });
    const startMs = fixture.clock.now();
    expect(await fixture.connect(tokens.rw)).toMatchObject({
      status: "degraded",
      status_reason: "provider_unavailable",
    });
    expect(fixture.clock.now() - startMs).toBe(20_000);
  });
});

describe("a token that Hetzner refuses", () => {
  it.each([
    ["unknown", tokens.unknown, "credential_rejected"],
    ["read-only", tokens.ro, "token_readonly"],
  ])("as %s is not stored when none was; that is shown until the next try", async (_name, token, reason) => {
    const fixture = makeProvidersFixture();
    const shown = await fixture.connect(token);
    expect(shown).toMatchObject({ status: "degraded", status_reason: reason, secret_configured: false });
    expect(await fixture.get()).toEqual(shown);
    expect(fixture.tokenSecrets()).toEqual([]);
    expect(fixture.keysOf("demo")).toEqual([]);
    expect(await fixture.connect(tokens.rw)).toMatchObject({ status: "connected", guidance: [] });
  });

  it("as unknown changes nothing while a working one is stored", async () => {
    const fixture = makeProvidersFixture();
    await fixture.connect(tokens.rw);
    const record = await fixture.record();
    const problem = await problemOf(fixture.connect(tokens.unknown));
    expect(problem.code).toBe("provider_credential_refused");
    expect(problem.parts.details).toEqual({ status_reason: "credential_rejected" });
    expect(await fixture.record()).toEqual(record);
  });

  it.each([401, 403] as const)("as read-only is told by its code, with status %d too", async (readonlyStatus) => {
    const fixture = makeProvidersFixture({ readonlyStatus });
    expect(await fixture.connect(tokens.ro)).toMatchObject({ status_reason: "token_readonly" });
  });

  it("is explained by its shape", async () => {
    const fixture = makeProvidersFixture();
    expect((await fixture.connect(tokens.rw.slice(0, 32))).guidance[0]).toContain("32 characters");
    expect((await fixture.connect(`"${tokens.rw}"`)).guidance[0]).toContain("quotes or white space");
    expect((await fixture.get()).guidance[0]).toContain("quotes or white space");
  });
});

const uncertain: [string, Fault, string][] = [
  ["429", always("rate_limited"), "rate_limited"],
  ["503", always("unavailable_json"), "provider_unavailable"],
  ["500", always("server_error"), "provider_unavailable"],
  ["maintenance", always("error"), "provider_unavailable"],
  ["a gateway's HTML", always("bad_gateway_html"), "provider_unavailable"],
  ["a time-out", always("timeout_json"), "provider_unavailable"],
  ["silence", always("lost_before_commit"), "provider_unavailable"],
  ["a reset connection", always("reset_before_commit"), "provider_unavailable"],
  ["an unknown code", always("unknown_code"), "unexpected_response"],
  ["a body of another kind", always("wrong_shape"), "unexpected_response"],
  ["a redirect", always("redirect"), "unexpected_response"],
  ["a full project", always("quota"), "unexpected_response"],
];

describe("an answer that tells nothing about the token", () => {
  it.each(uncertain)("(%s) keeps it unusable when none was stored, and the schedule ends that", async (...row) => {
    const [, fault, reason] = row;
    const fixture = makeProvidersFixture();
    fixture.simulator.plan(fault);
    const shown = await fixture.connect(tokens.rw);
    expect(shown).toMatchObject({ status: "degraded", status_reason: reason, secret_configured: true });
    expect(await fixture.record()).toMatchObject({ tokenVerified: false });
    fixture.simulator.clearPlan();
    await fixture.clock.advance(minuteMs);
    expect(await fixture.check()).toMatchObject({ status: "connected", status_reason: null });
    expect(fixture.keysOf("demo")).toHaveLength(1);
  });

  it.each(uncertain)("(%s) changes nothing while a working one is stored", async (...row) => {
    const [name, fault, reason] = row;
    const fixture = makeProvidersFixture();
    await fixture.connect(tokens.rw);
    const [record, secrets] = [await fixture.record(), fixture.vault.names()];
    fixture.simulator.plan(
      name === "a full project" ? always("quota", { method: "PUT", route: "/ssh_keys/{id}" }) : fault,
    );
    const problem = await problemOf(fixture.connect(tokens.rw));
    expect(problem.code).toBe("provider_credential_refused");
    expect(problem.parts.details).toEqual({ status_reason: reason });
    expect(problem.parts.guidance?.at(-1)).toContain("left as it was");
    expect(await fixture.record()).toEqual(record);
    expect(fixture.vault.names()).toEqual(secrets);
  });

  it("is replaced by the next try as if nothing were stored", async () => {
    const fixture = makeProvidersFixture();
    fixture.simulator.plan(always("rate_limited"));
    await fixture.connect(tokens.rw);
    fixture.simulator.clearPlan();
    expect(await fixture.connect(tokens.unknown)).toMatchObject({
      status_reason: "credential_rejected",
      secret_configured: false,
    });
    expect(fixture.tokenSecrets()).toEqual([]);
  });
});

const asked = ["GET /ssh_keys", "POST /ssh_keys", "PUT /ssh_keys/{id}"];
/** Faults of whatever kind that spoil or refuse one of the requests a connect makes. */
const everywhere = faultKinds
  .filter(({ area }) => area === "request" || area === "refusal")
  .flatMap(({ name, suits }) =>
    suits
      .filter(({ method, route }) => asked.includes(`${method} ${route}`))
      .map(({ method, route }) => [name, method, route] as const),
  );

describe("whatever happens once at Hetzner", () => {
  it.each(everywhere)("(%s at %s %s) the next check ends connected with one key", async (kind, method, route) => {
    const fixture = makeProvidersFixture();
    if (method === "PUT") await fixture.connect(tokens.rw);
    fixture.simulator.plan({ kind, method, route });
    const shown = await fixture.connect(tokens.rw).catch(() => fixture.get());
    expect(fixture.simulator.planned()[0]?.matched).toBeGreaterThan(0);
    expect(["connected", "degraded"]).toContain(shown.status);
    await fixture.clock.advance(2 * minuteMs);
    expect(await fixture.check()).toMatchObject({ status: "connected" });
    expect(fixture.keysOf("demo")).toHaveLength(1);
    expect(fixture.tokenSecrets()).toEqual([(await fixture.record())?.tokenSecret]);
  });

  it("a token deleted between the look and the write is refused", async () => {
    const fixture = makeProvidersFixture();
    fixture.simulator.plan({ kind: "token_revoked", method: "POST", route: "/ssh_keys" });
    expect(await fixture.connect(tokens.rw)).toMatchObject({ status_reason: "credential_rejected" });
    expect(fixture.tokenSecrets()).toEqual([]);
  });
});

/** A connect that ends at `at`, and whatever it left behind. */
const crashAt = async (fixture: ProvidersFixture, at: number, effect: "before" | "after"): Promise<boolean> => {
  const { deps, crashed } = fixture.makeDeps({ at, effect });
  let settled = false;
  const settle = () => {
    settled = true;
  };
  makeProvidersHandlers(deps).connectProvider(fixture.connectCall(tokens.rw)).then(settle, settle);
  await fixture.clock.runUntilIdle();
  return crashed() && !settled;
};

const expectOneOfEach = async (fixture: ProvidersFixture) => {
  const record = await fixture.record();
  expect(record).toMatchObject({ status: "connected", tokenVerified: true, retiredSecrets: [] });
  expect(fixture.tokenSecrets()).toEqual([record?.tokenSecret]);
  expect(fixture.vault.names().filter((name) => name.includes("/ssh-key/"))).toHaveLength(1);
  expect(fixture.keysOf("demo")).toHaveLength(1);
  expect(fixture.table.dump().filter(({ pk }) => pk.startsWith("SECRET#"))).toEqual([]);
};

describe.each(["before", "after"] as const)("a crash %s it took effect", (effect) => {
  it.each([
    ["first", false],
    ["replacing", true],
  ])("at any outside call of a %s connect leaves nothing wrong behind", async (_name, replacing) => {
    let at = 1;
    for (; at < 100; at += 1) {
      const fixture = makeProvidersFixture();
      if (replacing) await fixture.connect(tokens.rw);
      const crashed = await crashAt(fixture, at, effect);
      await fixture.clock.advance(11 * minuteMs);
      if (at % 2 === 0) await finishSecrets(fixture.table, fixture.vault, fixture.clock.now());
      await fixture.connect(tokens.rw);
      await fixture.clock.advance(11 * minuteMs);
      await finishSecrets(fixture.table, fixture.vault, fixture.clock.now());
      await expectOneOfEach(fixture);
      if (!crashed) break;
    }
    expect(at).toBeGreaterThan(15);
    expect(at).toBeLessThan(100);
  });

  it("at any outside call leaves no token but the current one once the sweeper has been", async () => {
    for (let at = 1; at < 100; at += 1) {
      const fixture = makeProvidersFixture();
      await fixture.connect(tokens.rw);
      const crashed = await crashAt(fixture, at, effect);
      await fixture.clock.advance(11 * minuteMs);
      await finishSecrets(fixture.table, fixture.vault, fixture.clock.now());
      await expectOneOfEach(fixture);
      if (!crashed) return;
    }
    throw new Error("the connect never ended");
  });
});

describe("a node asked for while a token is checked", () => {
  it("keeps the token that it was asked for with", async () => {
    const fixture = makeProvidersFixture();
    await fixture.connect(tokens.rw);
    const record = await fixture.record();
    fixture.simulator.plan({ kind: "slow", method: "POST", route: "/ssh_keys", seconds: 5 });
    const connecting = makeProvidersHandlers(fixture.deps).connectProvider(fixture.connectCall(tokens.other));
    connecting.catch(() => undefined);
    await fixture.clock.advance(1000);
    await addNode(fixture, null);
    expect(await problemOf(fixture.run(connecting))).toMatchObject({ code: "conflict" });
    expect(await fixture.record()).toEqual(record);
    expect(fixture.tokenSecrets()).toEqual([record?.tokenSecret]);
  });
});

describe("two connects at once", () => {
  it("end with one current token, one key, and one of them told of the conflict", async () => {
    const fixture = makeProvidersFixture();
    const results = await Promise.allSettled([fixture.connect(tokens.rw), fixture.connect(tokens.rw)]);
    const refused = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
    expect(refused).toHaveLength(1);
    expect(refused[0]).toMatchObject({ code: "conflict" });
    await expectOneOfEach(fixture);
  });

  it("do not mind a change that leaves the token alone", async () => {
    const fixture = makeProvidersFixture();
    await fixture.connect(tokens.rw);
    const [shown] = await Promise.all([fixture.connect(tokens.rw), fixture.check()]);
    expect(shown).toMatchObject({ status: "connected" });
    await expectOneOfEach(fixture);
  });
});

describe("the token", () => {
  it("is in the vault and nowhere else, whatever became of it", async () => {
    const answers: unknown[] = [];
    const dumps: unknown[] = [];
    for (const token of Object.values(tokens)) {
      for (const fault of [null, ...uncertain.map(([, each]) => each)]) {
        const fixture = makeProvidersFixture();
        if (fault !== null) fixture.simulator.plan(fault);
        for (const given of [token, token.slice(0, 32), `"${token}"`]) {
          answers.push(await fixture.connect(given).catch((error: unknown) => error));
        }
        answers.push(await fixture.check().catch((error: unknown) => error), await fixture.get());
        dumps.push(fixture.table.dump(), fixture.lines, fixture.vault.names());
      }
    }
    const told = answers.map((answer) =>
      answer instanceof Error ? `${answer.message} ${answer.stack} ${JSON.stringify(answer)}` : JSON.stringify(answer),
    );
    const everything = [...told, JSON.stringify(dumps)].join("\n");
    for (const token of Object.values(tokens)) expect(everything).not.toContain(token.slice(0, 12));
    expect(everything).not.toContain("PRIVATE KEY");
  });
});
