import { describe, expect, it } from "vitest";
import type { ProviderConnection } from "../../contracts/models.ts";
import { answerOf, budgetOf, outcomeOf, sayWhy } from "./providers.ts";

const provider = (change: Partial<ProviderConnection>): ProviderConnection => ({
  provider_id: "hetzner",
  display_name: "Hetzner Cloud",
  status: "connected",
  status_reason: null,
  capabilities: [],
  secret_configured: true,
  guidance: [],
  last_status_message: "Connected.",
  connected_at: null,
  last_checked_at: null,
  updated_at: "2026-11-23T12:00:00Z",
  rate_limit: null,
  ...change,
});

describe("the answer of the page", () => {
  it.each<[Partial<ProviderConnection>, RegExp]>([
    [{}, /nodes can be created/],
    [{ status: "disconnected", secret_configured: false }, /no node can be created/],
    [{ status: "degraded", status_reason: "token_readonly", secret_configured: false }, /refused and is not stored/],
    [{ status: "degraded", status_reason: "credential_rejected" }, /does not work any more/],
    [{ status: "degraded", status_reason: "provider_unavailable" }, /is not known/],
  ])("for %j says whether servers can be ordered", (change, expected) => {
    expect(answerOf([provider(change)])).toMatch(expected);
  });
});

describe("the requests that are left", () => {
  it.each([
    [3600, "ok", null],
    [3598, "ok", "in about 2 s"],
    [1800, "ok", "in about 30 min"],
    [361, "ok", "in about 53 min"],
    [359, "warn", "in about 54 min"],
    [0, "bad", "in about 1 h"],
  ])("%i of 3600 are shown as %s, full again %s", (remaining, tone, fullIn) => {
    expect(budgetOf({ limit: 3600, remaining })).toMatchObject({ tone, fullIn });
  });

  it("of a limit of nothing are used up", () => {
    expect(budgetOf({ limit: 0, remaining: 0 }).tone).toBe("bad");
  });
});

describe("the diagnosis of a token", () => {
  const refused = provider({
    status: "degraded",
    status_reason: "rate_limited",
    last_status_message: "It could not be checked.",
    guidance: ["Wait."],
  });

  it("is the API's, with our word for the reason before it", () => {
    expect(outcomeOf(refused, null, "degraded").diagnosis).toEqual({
      message: "Too many requests at Hetzner. It could not be checked.",
      guidance: ["Wait."],
    });
  });

  it("does not say the same twice", () => {
    const said = "The token can only read; making servers needs one that can write.";
    expect(sayWhy({ status_reason: "token_readonly", last_status_message: said })).toBe(said);
  });

  it("is the refusal's when one is stored already", () => {
    const error = { code: "provider_credential_refused", message: "No.", guidance: ["Another."] } as const;
    expect(outcomeOf(undefined, { ...error, guidance: [...error.guidance] }, "connected").diagnosis).toEqual({
      message: "No.",
      guidance: ["Another."],
    });
  });

  const good = provider({});
  it.each<[string, ProviderConnection | undefined, ProviderConnection["status"], boolean, boolean]>([
    ["nothing, when nothing came back", undefined, "disconnected", false, false],
    ["success, when it works", good, "connected", true, false],
    ["nothing, when what worked is disconnected", good, "disconnected", false, false],
    ["nothing, when what worked does not any more", good, "degraded", false, false],
    ["a diagnosis, when it does not work", refused, "degraded", false, true],
    ["success, when what was kept turned out to work", refused, "connected", true, false],
    ["nothing, when the refusal was dismissed", refused, "disconnected", false, false],
  ])("says %s", (_, answer, status, isSuccess, isDiagnosis) => {
    const { success, diagnosis } = outcomeOf(answer, null, status);
    expect([success !== null, diagnosis !== null]).toEqual([isSuccess, isDiagnosis]);
  });
});
