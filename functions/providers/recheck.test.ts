import { describe, expect, it } from "vitest";
import { markCredentialFault } from "../../shared/store/providers.ts";
import { makeProvidersFixture, type ProvidersFixture, problemOf, tokens } from "./fixture.ts";
import { recheckProviders } from "./scheduled.ts";

const minuteMs = 60_000;
const failing = { kind: "unavailable_json", times: 1000 } as const;

const connected = async () => {
  const fixture = makeProvidersFixture();
  await fixture.connect(tokens.rw);
  return fixture;
};

/** The sweeper's minutes. */
const sweep = async (fixture: ProvidersFixture, minutes: number) => {
  for (let minute = 0; minute < minutes; minute += 1) {
    await fixture.clock.advance(minuteMs);
    await fixture.run(recheckProviders(fixture.deps));
  }
};

const statusOf = async (fixture: ProvidersFixture) => {
  const { status, status_reason } = await fixture.get();
  return [status, status_reason];
};

describe("a check", () => {
  it("without a stored token says that none is stored, and what to do", async () => {
    const problem = await problemOf(makeProvidersFixture().check());
    expect(problem.code).toBe("provider_not_connected");
    expect(problem.parts.guidance?.join(" ")).toContain("Generate API token");
  });

  it("after a refused connect repeats why", async () => {
    const fixture = makeProvidersFixture();
    await fixture.connect(tokens.ro);
    const problem = await problemOf(fixture.check());
    expect(problem.code).toBe("provider_not_connected");
    expect(problem.parts.guidance).toEqual((await fixture.get()).guidance);
  });

  it("finds a token that was deleted at Hetzner, and one that works again", async () => {
    const fixture = await connected();
    fixture.simulator.plan({ kind: "error", code: "unauthorized", status: 401, times: 2 });
    expect(await fixture.check()).toMatchObject({
      status: "degraded",
      status_reason: "credential_rejected",
      secret_configured: true,
    });
    fixture.simulator.clearPlan();
    expect(await fixture.check()).toMatchObject({ status: "connected", status_reason: null, guidance: [] });
  });

  it("finds a token that can only read any more", async () => {
    const fixture = await connected();
    fixture.simulator.plan({ kind: "error", code: "token_readonly", status: 403, method: "PUT" });
    expect(await fixture.check()).toMatchObject({ status: "degraded", status_reason: "token_readonly" });
  });

  it("registers our key again when somebody deleted it", async () => {
    const fixture = await connected();
    const [key] = fixture.keysOf("demo");
    const headers = { authorization: `Bearer ${tokens.rw}`, "user-agent": "test" };
    const gone = fixture.simulator.wireFetch(`https://api.hetzner.cloud/v1/ssh_keys/${key?.id}`, {
      method: "DELETE",
      headers,
    });
    await fixture.run(gone);
    expect(await fixture.check()).toMatchObject({ status: "connected" });
    const [again] = fixture.keysOf("demo");
    expect(again?.fingerprint).toBe(key?.fingerprint);
    expect((await fixture.record())?.managedKey?.hetznerId).toBe(again?.id);
  });

  it("says so when the secret itself has vanished", async () => {
    const fixture = await connected();
    await fixture.vault.destroy((await fixture.record())?.tokenSecret ?? "");
    expect(await fixture.check()).toMatchObject({ status: "disconnected", secret_configured: false });
    expect((await fixture.get()).last_status_message).toContain("secret store");
  });

  it("tells the request budget of the project", async () => {
    const fixture = await connected();
    const before = await fixture.get();
    await fixture.check();
    const after = await fixture.get();
    expect(after.rate_limit?.remaining).toBeLessThan(before.rate_limit?.remaining ?? 0);
  });
});

describe("the schedule", () => {
  it("checks a connected provider every five minutes", async () => {
    const fixture = await connected();
    const requests = fixture.simulator.requests().length;
    await sweep(fixture, 4);
    expect(fixture.simulator.requests()).toHaveLength(requests);
    await sweep(fixture, 6);
    expect(fixture.simulator.requests()).toHaveLength(requests + 4);
  });

  it("shows a refusal at once", async () => {
    const fixture = await connected();
    fixture.simulator.revokeToken(tokens.rw);
    await sweep(fixture, 5);
    expect(await statusOf(fixture)).toEqual(["degraded", "credential_rejected"]);
  });

  it("shows what it cannot tell only after three in a row, and the recovery at once", async () => {
    const fixture = await connected();
    fixture.simulator.plan(failing);
    await sweep(fixture, 10);
    expect(await statusOf(fixture)).toEqual(["connected", null]);
    await sweep(fixture, 6);
    expect(await statusOf(fixture)).toEqual(["degraded", "provider_unavailable"]);
    fixture.simulator.clearPlan();
    await sweep(fixture, 6);
    expect(await statusOf(fixture)).toEqual(["connected", null]);
  });

  it("finds out about an unverified token within a minute", async () => {
    const fixture = makeProvidersFixture();
    fixture.simulator.plan(failing);
    await fixture.connect(tokens.rw);
    await sweep(fixture, 3);
    expect(await statusOf(fixture)).toEqual(["degraded", "provider_unavailable"]);
    fixture.simulator.clearPlan();
    await sweep(fixture, 1);
    expect(await statusOf(fixture)).toEqual(["connected", null]);
  });

  it("drops an unverified token that turns out to be refused", async () => {
    const fixture = makeProvidersFixture();
    fixture.simulator.plan(failing);
    await fixture.connect(tokens.ro);
    expect(fixture.tokenSecrets()).toHaveLength(1);
    fixture.simulator.clearPlan();
    await sweep(fixture, 1);
    expect(await fixture.get()).toMatchObject({ status_reason: "token_readonly", secret_configured: false });
    expect(fixture.tokenSecrets()).toEqual([]);
    expect((await fixture.record())?.retiredSecrets).toEqual([]);
  });

  it("asks nothing without a token", async () => {
    const fixture = makeProvidersFixture();
    await sweep(fixture, 6);
    await fixture.connect(tokens.unknown);
    const requests = fixture.simulator.requests().length;
    await sweep(fixture, 6);
    expect(fixture.simulator.requests()).toHaveLength(requests);
  });
});

describe("a credential fault met elsewhere", () => {
  const report = async (fixture: ProvidersFixture, tokenSecret: string) =>
    markCredentialFault(fixture.table, {
      providerId: "hetzner",
      tokenSecret,
      reason: "credential_rejected",
      nowMs: fixture.clock.now(),
    });

  it("shows at once", async () => {
    const fixture = await connected();
    await report(fixture, (await fixture.record())?.tokenSecret ?? "");
    const shown = await fixture.get();
    expect(shown).toMatchObject({ status: "degraded", status_reason: "credential_rejected" });
    expect(shown.guidance.length).toBeGreaterThan(0);
  });

  it("says nothing about the token that replaced the refused one", async () => {
    const fixture = await connected();
    const old = (await fixture.record())?.tokenSecret ?? "";
    await fixture.connect(tokens.rw);
    await report(fixture, old);
    expect(await statusOf(fixture)).toEqual(["connected", null]);
  });
});
