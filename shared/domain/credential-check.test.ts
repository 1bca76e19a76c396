import { describe, expect, it } from "vitest";
import {
  afterConnect,
  type CallOutcome,
  type CheckResult,
  type ConnectDecision,
  decideConnect,
  decideRecheck,
  explain,
  isRecheckDue,
  isRefusal,
  judgeCheck,
  type ProjectMatch,
  type Stored,
  storedToken,
  type TokenFate,
  tokenShape,
  type Verdict,
} from "./credential-check.ts";
import { providerFaultClasses } from "./failure.ts";
import { disconnectedProvider, type ProviderRecord } from "./provider.ts";

const nowMs = 1_800_000_000_000;
const read = { kind: "read", ok: true } as const;
const wrote = { kind: "write", ok: true } as const;
const failed = (kind: "read" | "write", fault: (typeof providerFaultClasses)[number]): CallOutcome => ({
  kind,
  ok: false,
  class: fault,
});

const verdicts = [
  "connected",
  "credential_rejected",
  "token_readonly",
  "rate_limited",
  "provider_unavailable",
  "unexpected_response",
] as const satisfies Verdict[];

const key = { secretName: "k", publicKey: "p", fingerprintMd5: "f", hetznerId: 7 };
const check = (verdict: Verdict, change: Partial<CheckResult> = {}): CheckResult => ({
  verdict,
  shape: "plain",
  detail: null,
  managedKey: key,
  ...change,
});

const none = disconnectedProvider("hetzner", 0);
const working: ProviderRecord = {
  ...none,
  status: "connected",
  guidance: [],
  tokenSecret: "old",
  tokenVerified: true,
  managedKey: key,
  connectedAtMs: 1,
  lastCheckedAtMs: 1,
  version: 4,
};
const unverified: ProviderRecord = {
  ...working,
  status: "degraded",
  statusReason: "provider_unavailable",
  tokenVerified: false,
  connectedAtMs: null,
};

describe("the verdict", () => {
  const table: [string, CallOutcome[], Verdict][] = [
    ["no call", [], "unexpected_response"],
    ["only a read that worked", [read], "unexpected_response"],
    ["a write that worked", [read, wrote], "connected"],
    ["a write that worked after a lost one", [read, failed("write", "timeout"), read, wrote], "connected"],
    ["401 on the read", [failed("read", "unauthorized")], "credential_rejected"],
    ["read-only on the write", [read, failed("write", "token_readonly")], "token_readonly"],
    ["forbidden on the write after a good read", [read, failed("write", "forbidden")], "token_readonly"],
    ["forbidden on the read", [failed("read", "forbidden")], "unexpected_response"],
    ["forbidden on the write, with no good read", [failed("write", "forbidden")], "unexpected_response"],
    ["429", [failed("read", "rate_limited")], "rate_limited"],
    ["5xx, maintenance, no network", [failed("read", "unavailable")], "provider_unavailable"],
    ["time-out", [failed("read", "timeout")], "provider_unavailable"],
    ["401 after a time-out", [failed("write", "timeout"), failed("read", "unauthorized")], "credential_rejected"],
    ["a time-out after read-only", [failed("write", "token_readonly"), failed("read", "timeout")], "token_readonly"],
    ["429 after a time-out", [failed("write", "timeout"), failed("read", "rate_limited")], "rate_limited"],
  ];
  it.each(table)("of %s", (_name, outcomes, expected) => {
    expect(judgeCheck(outcomes)).toBe(expected);
  });

  it("of every class of answer is one of the contract's, and never connected", () => {
    const known = ["unauthorized", "token_readonly", "forbidden", "rate_limited", "unavailable", "timeout"];
    for (const fault of providerFaultClasses) {
      const verdict = judgeCheck([read, failed("write", fault)]);
      expect(verdict, fault).not.toBe("connected");
      expect(verdict === "unexpected_response", fault).toBe(!known.includes(fault));
    }
  });
});

describe("a connect", () => {
  const inBoth = (verdict: Verdict, first: ConnectDecision, second: ConnectDecision) =>
    [verdict, first, second] as const;
  it.each([
    inBoth("connected", "accept", "accept"),
    inBoth("credential_rejected", "show_refused", "refuse"),
    inBoth("token_readonly", "show_refused", "refuse"),
    inBoth("rate_limited", "store_unverified", "refuse"),
    inBoth("provider_unavailable", "store_unverified", "refuse"),
    inBoth("unexpected_response", "store_unverified", "refuse"),
  ])("that finds %s: %s without a token before, %s with a working one", (verdict, first, second) => {
    expect(decideConnect(verdict, "none", "not_asked")).toBe(first);
    expect(decideConnect(verdict, "unverified", "not_asked")).toBe(first);
    expect(decideConnect(verdict, "working", "not_asked")).toBe(second);
  });

  it("with a token of another project than the servers is refused whatever else holds", () => {
    for (const verdict of verdicts)
      for (const stored of ["none", "unverified", "working"] as const satisfies Stored[])
        expect(decideConnect(verdict, stored, "other")).toBe("project_mismatch");
  });

  it("keeps nothing of unknown project while something is in use", () => {
    const table: [Verdict, ProjectMatch, ConnectDecision][] = [
      ["connected", "same", "accept"],
      ["provider_unavailable", "unproven", "refuse"],
      ["credential_rejected", "unproven", "refuse"],
      ["provider_unavailable", "same", "store_unverified"],
    ];
    for (const [verdict, project, expected] of table)
      expect(decideConnect(verdict, "none", project), `${verdict} ${project}`).toBe(expected);
  });

  it("knows what is stored", () => {
    expect(storedToken(undefined)).toBe("none");
    expect(storedToken(none)).toBe("none");
    expect(storedToken(unverified)).toBe("unverified");
    expect(storedToken(working)).toBe("working");
    expect(storedToken({ ...working, status: "degraded" })).toBe("working");
  });

  it("that is accepted makes the new secret current and lists the old one", () => {
    const after = afterConnect(working, { decision: "accept", check: check("connected"), secret: "new", nowMs });
    expect(after).toMatchObject({
      status: "connected",
      statusReason: null,
      guidance: [],
      tokenSecret: "new",
      tokenVerified: true,
      retiredSecrets: ["old"],
      connectedAtMs: nowMs,
      lastCheckedAtMs: nowMs,
    });
  });

  it("that could not tell keeps the token unusable", () => {
    const decision = "store_unverified";
    const after = afterConnect(none, { decision, check: check("rate_limited"), secret: "new", nowMs });
    expect(after).toMatchObject({
      status: "degraded",
      statusReason: "rate_limited",
      tokenSecret: "new",
      tokenVerified: false,
      connectedAtMs: null,
    });
  });

  it("that is refused stores nothing, drops what was unverified and shows why", () => {
    const decision = "show_refused";
    const after = afterConnect(unverified, { decision, check: check("token_readonly"), secret: null, nowMs });
    expect(after).toMatchObject({
      status: "degraded",
      statusReason: "token_readonly",
      tokenSecret: null,
      tokenVerified: false,
      retiredSecrets: ["old"],
    });
    expect(after.guidance.length).toBeGreaterThan(0);
  });
});

describe("the shape of a token", () => {
  it.each([
    ["a".repeat(64), "plain"],
    ["a".repeat(32), "prefix"],
    ["short", "plain"],
    [` ${"a".repeat(64)}`, "wrapped"],
    [`${"a".repeat(64)}\t`, "wrapped"],
    [`"${"a".repeat(64)}"`, "wrapped"],
    [`'${"a".repeat(30)}'`, "wrapped"],
    [`${"a".repeat(31)}"`, "wrapped"],
  ])("%s is %s", (token, expected) => {
    expect(tokenShape(token)).toBe(expected);
  });
});

describe("the explanation", () => {
  const fates: TokenFate[] = ["accepted", "not_stored", "stored_unverified", "old_one_stays", "kept"];

  it("says what to do next for everything but success, differently for each verdict", () => {
    const texts = verdicts.map((verdict) => explain(check(verdict), "kept").guidance.join(" "));
    expect(texts[0]).toBe("");
    expect(texts.slice(1).every((text) => text.length > 40)).toBe(true);
    expect(new Set(texts).size).toBe(verdicts.length);
  });

  it("tells how to make a token that can write whenever Hetzner refused this one", () => {
    for (const fate of fates)
      for (const verdict of ["credential_rejected", "token_readonly"] as const)
        expect(explain(check(verdict), fate).guidance.join(" ")).toMatch(/Generate API token.*Read & Write/);
  });

  it("looks at the token's shape only to explain a rejected token", () => {
    const advise = (verdict: Verdict, shape: CheckResult["shape"]) =>
      explain(check(verdict, { shape }), "not_stored").guidance[0];
    expect(advise("credential_rejected", "prefix")).toContain("32 characters");
    expect(advise("credential_rejected", "wrapped")).toContain("quotes or white space");
    expect(advise("credential_rejected", "plain")).toContain("deleted");
    for (const verdict of verdicts.filter((each) => each !== "credential_rejected"))
      expect(advise(verdict, "prefix")).toBe(advise(verdict, "plain"));
  });

  it("says that the old token stays when the new one was refused, whatever the reason", () => {
    for (const verdict of verdicts.filter((each) => each !== "connected"))
      expect(explain(check(verdict), "old_one_stays").guidance.at(-1)).toContain("left as it was");
  });

  it("gives the correlation id when only Hetzner can tell more", () => {
    const detail = "forbidden, correlation id abc";
    expect(explain(check("unexpected_response", { detail }), "kept").message).toContain(detail);
    expect(explain(check("credential_rejected", { detail }), "kept").message).not.toContain(detail);
  });
});

describe("a re-check", () => {
  const after = (verdict: Verdict, before: ProviderRecord) => decideRecheck(check(verdict), before, nowMs);

  it("degrades at once when Hetzner refuses the token, which stays stored", () => {
    for (const verdict of verdicts.filter(isRefusal))
      expect(after(verdict, working)).toMatchObject({
        status: "degraded",
        statusReason: verdict,
        tokenSecret: "old",
        tokenVerified: true,
        lastCheckedAtMs: nowMs,
      });
  });

  it.each(["rate_limited", "provider_unavailable", "unexpected_response"] as const)(
    "changes the status only at the third %s in a row",
    (verdict) => {
      const first = after(verdict, working);
      const second = after(verdict, first);
      const third = after(verdict, second);
      expect([first, second, third].map((record) => record.status)).toEqual(["connected", "connected", "degraded"]);
      expect(first.statusReason).toBeNull();
      expect(first.statusMessage).toContain("could not tell");
      expect(third.statusReason).toBe(verdict);
      expect(third.guidance.length).toBeGreaterThan(0);
    },
  );

  it("begins to count again after a success", () => {
    const once = after("connected", after("rate_limited", after("rate_limited", working)));
    expect(once).toMatchObject({ status: "connected", uncertainChecks: 0, statusReason: null });
    expect(after("rate_limited", once).status).toBe("connected");
  });

  it("recovers from everything, and keeps since when it is connected", () => {
    for (const verdict of verdicts) {
      const bad = { ...after(verdict, working), status: "degraded" } as const;
      expect(after("connected", bad)).toMatchObject({ status: "connected", guidance: [], connectedAtMs: 1 });
    }
  });

  it("connects an unverified token once it is known to work", () => {
    expect(after("connected", unverified)).toMatchObject({
      status: "connected",
      tokenVerified: true,
      connectedAtMs: nowMs,
    });
  });

  it("drops an unverified token once it is known to be refused", () => {
    expect(after("credential_rejected", unverified)).toMatchObject({
      status: "degraded",
      statusReason: "credential_rejected",
      tokenSecret: null,
      retiredSecrets: ["old"],
    });
  });

  it("shows the newest reason while an unverified token stays unknown", () => {
    expect(after("rate_limited", unverified)).toMatchObject({ status: "degraded", statusReason: "rate_limited" });
  });

  it("does not forget a refusal over an answer that tells nothing", () => {
    const refused = after("token_readonly", working);
    expect(after("provider_unavailable", refused)).toMatchObject({
      status: "degraded",
      statusReason: "token_readonly",
      guidance: refused.guidance,
    });
  });

  it("is due after five minutes, for an unverified token after one, and never without a token", () => {
    const minute = 60_000;
    expect(isRecheckDue({ ...working, lastCheckedAtMs: nowMs - 5 * minute }, nowMs)).toBe(true);
    expect(isRecheckDue({ ...working, lastCheckedAtMs: nowMs - 4 * minute }, nowMs)).toBe(false);
    expect(isRecheckDue({ ...unverified, lastCheckedAtMs: nowMs - minute }, nowMs)).toBe(true);
    expect(isRecheckDue({ ...unverified, lastCheckedAtMs: nowMs - minute / 2 }, nowMs)).toBe(false);
    expect(isRecheckDue({ ...working, tokenSecret: null, lastCheckedAtMs: 0 }, nowMs)).toBe(false);
  });
});
