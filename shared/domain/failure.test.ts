import { describe, expect, it } from "vitest";
import { errorReasons, type JobErrorCode, jobErrorRetried } from "../../contracts/errors.ts";
import {
  acquisitionFailures,
  failureOfFault,
  faultPasses,
  nodeFailure,
  nodeFailures,
  providerFaultClasses,
  reasonOfFault,
  releaseFailure,
  releaseGuidance,
} from "./failure.ts";
import { makeFault } from "./testing.ts";

const isAdvice = (text: string) => /^[A-Z].{20,}[.]$/.test(text);

describe("a fault of Hetzner's while a server is acquired", () => {
  /** By hand, from the contract: what the code under test says is not read off it. */
  const expected: Record<(typeof providerFaultClasses)[number], [JobErrorCode, string]> = {
    unauthorized: ["PROVIDER_ACQUISITION_UNAVAILABLE", "credential_rejected"],
    token_readonly: ["PROVIDER_ACQUISITION_UNAVAILABLE", "token_readonly"],
    forbidden: ["PROVIDER_ACQUISITION_FAILED", "forbidden"],
    rate_limited: ["PROVIDER_API_ERROR", "rate_limited"],
    quota_exceeded: ["PROVIDER_ACQUISITION_FAILED", "quota_exceeded"],
    capacity: ["PROVIDER_ACQUISITION_FAILED", "capacity"],
    invalid_request: ["PROVIDER_ACQUISITION_FAILED", "invalid_request"],
    conflict: ["PROVIDER_ACQUISITION_FAILED", "conflict"],
    busy: ["PROVIDER_API_ERROR", "busy"],
    protected: ["PROVIDER_ACQUISITION_FAILED", "protected"],
    not_found: ["PROVIDER_ACQUISITION_FAILED", "not_found"],
    unavailable: ["PROVIDER_API_ERROR", "provider_unavailable"],
    timeout: ["PROVIDER_ACQUISITION_TIMEOUT", "timeout"],
    action_failed: ["PROVIDER_ACQUISITION_FAILED", "action_failed"],
    api_changed: ["PROVIDER_ACQUISITION_FAILED", "api_changed"],
    unexpected_response: ["PROVIDER_API_ERROR", "unexpected_response"],
  };

  it.each(providerFaultClasses)("%s has its code, its reason and guidance", (faultClass) => {
    const failure = failureOfFault(makeFault({ class: faultClass }));
    expect([failure.code, failure.reason]).toEqual(expected[faultClass]);
    expect(failure.guidance.every(isAdvice), failure.guidance.join("|")).toBe(true);
    expect(failure.guidance.length).toBeGreaterThan(0);
    expect(reasonOfFault(makeFault({ class: faultClass }))).toBe(failure.reason);
  });

  it.each(providerFaultClasses)("%s in an action is never one that passes: the action has failed", (faultClass) => {
    const { code, reason } = failureOfFault(makeFault({ class: faultClass, phase: "action" }));
    const [before, beforeReason] = expected[faultClass];
    const passes = before === "PROVIDER_API_ERROR" || before === "PROVIDER_ACQUISITION_TIMEOUT";
    expect([code, reason]).toEqual(passes ? ["PROVIDER_ACQUISITION_FAILED", "action_failed"] : [before, beforeReason]);
    expect(jobErrorRetried[code]).toBe(false);
  });

  it("says what Hetzner said; the SDK has put the correlation id into it", () => {
    expect(failureOfFault(makeFault({ correlationId: "abc" })).message).toBe("Hetzner is not well");
  });

  it("gives guidance of its own, which a job may keep", () => {
    const { guidance } = failureOfFault(makeFault({ class: "capacity" }));
    guidance.push("more");
    expect(acquisitionFailures.capacity.guidance).not.toContain("more");
  });
});

it.each(providerFaultClasses)("only a fault that passes by itself is waited out: %s", (faultClass) => {
  const passing = ["rate_limited", "busy", "unavailable", "timeout", "unexpected_response"];
  expect(faultPasses(makeFault({ class: faultClass }))).toBe(passing.includes(faultClass));
});

const kinds = Object.keys(nodeFailures).filter((kind): kind is keyof typeof nodeFailures => kind in nodeFailures);
it.each(kinds)("%s says what to do next", (kind) => {
  const { code, message, guidance } = nodeFailure(kind, "What happened");
  expect(Object.keys(jobErrorRetried)).toContain(code);
  expect(message).toBe("What happened");
  expect(guidance.every(isAdvice), guidance.join("|")).toBe(true);
  expect(guidance.length).toBeGreaterThan(0);
});

describe("a release that failed", () => {
  it.each(errorReasons)("for %s says what to do, under one code", (reason) => {
    const { code, guidance, ...rest } = releaseFailure(reason, "Still there");
    expect(rest).toEqual({ reason, message: "Still there" });
    expect(code).toBe("PROVIDER_RELEASE_FAILED");
    expect(guidance).toHaveLength(1);
    expect(guidance.every(isAdvice)).toBe(true);
    if (releaseGuidance[reason] === undefined) expect(guidance[0]).toMatch(/still billed/);
  });
});
