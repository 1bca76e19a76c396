/** API tokens in words: how many, and which are about to end. */
import { countWord } from "./amounts.ts";
import type { Look } from "./looks.ts";

interface Token {
  readonly expires_at: string | null;
}

const SOON_MS = 7 * 24 * 3_600_000;

export const tokenLook = ({ expires_at }: Token, nowMs: number): Look => {
  const leftMs = expires_at === null ? Number.POSITIVE_INFINITY : Date.parse(expires_at) - nowMs;
  if (leftMs <= 0) return { word: "Ended", tone: "off" };
  return leftMs <= SOON_MS ? { word: "Ends soon", tone: "warn" } : { word: "Good", tone: "ok" };
};

/** "2 tokens may do all that you may · 1 ends within a week". */
export const tokensAnswer = (tokens: readonly Token[], nowMs: number): string => {
  const tones = tokens.map((token) => tokenLook(token, nowMs).tone);
  const good = tones.filter((tone) => tone !== "off").length;
  const soon = tones.filter((tone) => tone === "warn").length;
  if (tokens.length === 0) return "No token yet: scripts and CI cannot call the API.";
  const may = `${countWord(good, "token")} may do all that you may`;
  return soon === 0 ? may : `${may} · ${soon} ${soon === 1 ? "ends" : "end"} within a week`;
};
