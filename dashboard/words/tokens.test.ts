import { expect, it } from "vitest";
import { tokenLook, tokensAnswer } from "./tokens.ts";

const nowMs = Date.UTC(2026, 10, 23, 12);
const ends = (expires_at: string | null) => ({ expires_at });

it.each([
  [null, "Good"],
  ["2026-12-23T12:00:00Z", "Good"],
  ["2026-11-30T12:00:00Z", "Ends soon"],
  ["2026-11-23T12:00:01Z", "Ends soon"],
  ["2026-11-23T12:00:00Z", "Ended"],
])("a token that ends %s is shown as %s", (expires_at, word) => {
  expect(tokenLook(ends(expires_at), nowMs).word).toBe(word);
});

it.each([
  [[], "No token yet: scripts and CI cannot call the API."],
  [[ends(null)], "1 token may do all that you may"],
  [[ends(null), ends("2026-11-24T12:00:00Z")], "2 tokens may do all that you may · 1 ends within a week"],
  [[ends("2026-11-01T12:00:00Z")], "0 tokens may do all that you may"],
])("%j are summed up as: %s", (tokens, expected) => {
  expect(tokensAnswer(tokens, nowMs)).toBe(expected);
});
