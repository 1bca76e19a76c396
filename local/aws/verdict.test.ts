import { describe, expect, it } from "vitest";
import {
  judgeConcurrency,
  judgePoison,
  judgeRedrive,
  judgeRemainingTime,
  judgeS3,
  judgeTtl,
  type S3Findings,
} from "./verdict.ts";

const messages = "10 messages of 2 s at concurrency 5";

describe("the verdict on a guarantee", () => {
  it.each([
    [3_500, `${messages} ended in 3500 ms: the maximum concurrency is not kept`],
    [3_990, undefined],
    [4_400, undefined],
    [7_999, undefined],
    [8_000, `${messages} must end in under 8 s and did not`],
    [21_300, `${messages} must end in under 8 s and did not`],
  ])("judges ten messages in %d ms", (tookMs, fault) => {
    expect(judgeConcurrency(tookMs)).toBe(fault);
  });

  it.each([
    [6, undefined],
    [5, "a poison message reached the dead-letter queue after 4 receives instead of 5"],
    [7, "a poison message reached the dead-letter queue after 6 receives instead of 5"],
    [undefined, "a poison message must reach the dead-letter queue after 5 receives and did not"],
  ])("judges a receive count of %s in the dead-letter queue", (receives, fault) => {
    expect(judgePoison(receives)).toBe(fault);
  });

  it.each([
    [9_990, 9_780, true],
    [300_000, 300_000, false],
    [9_990, 9_990, false],
    [100, 0, false],
  ])("judges a remaining time of %d, then %d ms", (beforeMs, afterMs, kept) => {
    expect(judgeRemainingTime({ beforeMs, afterMs }) === undefined).toBe(kept);
  });

  it.each([
    ["ENABLED", "expires_at", undefined],
    ["DISABLED", undefined, "expiry of items in table T must be on for expires_at and is DISABLED"],
    ["ENABLED", "other", "expiry of items in table T must be on for expires_at and is ENABLED for other"],
  ])("judges an expiry that is %s for %s", (status, attribute, fault) => {
    expect(judgeTtl("T", "expires_at", { status, attribute })).toBe(fault);
  });

  it.each([
    ['{"deadLetterTargetArn":"arn:d","maxReceiveCount":5}', undefined],
    ['{"deadLetterTargetArn":"arn:d","maxReceiveCount":"5"}', undefined],
    ['{"deadLetterTargetArn":"arn:d","maxReceiveCount":3}', "and has it after 3"],
    [undefined, "and has none"],
  ])("judges the redrive policy %s", (policy, fault) => {
    const verdict = judgeRedrive("Q", 5, policy);
    expect(verdict).toBe(fault && `queue Q must have a dead-letter queue after 5 receives ${fault}`);
  });

  const kept: S3Findings = {
    etagsAreMd5: true,
    tamperedStatus: 403,
    wrongParts: "refused",
    storedBytes: 10,
    sentBytes: 10,
    readsBack: true,
    afterAbortStatus: 404,
  };
  const broken: [Partial<S3Findings>, string][] = [
    [{ etagsAreMd5: false }, "MD5"],
    [{ tamperedStatus: 200 }, "signature"],
    [{ wrongParts: "accepted" }, "parts that were not stored"],
    [{ storedBytes: 9 }, "10 bytes were stored in parts, and the object has 9"],
    [{ storedBytes: undefined }, "the object has none"],
    [{ readsBack: false }, "read back"],
    [{ afterAbortStatus: 200 }, "aborted upload"],
  ];

  it.each(broken)("judges an S3 with %j", (difference, fault) => {
    expect(judgeS3({ ...kept, ...difference })).toContain(fault);
    expect(judgeS3(kept)).toBeUndefined();
  });
});
