import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { apiErrorStatus, errorReasons, jobErrorRetried, readinessReasons } from "../../contracts/errors.ts";
import {
  jobStatuses,
  jobTypes,
  nodeStatuses,
  providerCapabilities,
  providerStatuses,
  serverStates,
  stepStatuses,
} from "../../contracts/models.ts";
import {
  backupScopes,
  backupStatuses,
  environmentTypes,
  promotionPresets,
  siteStatuses,
} from "../../contracts/site-models.ts";
import { apiErrorWords, jobErrorWords } from "../../dashboard/words/codes.ts";
import { presetWords, scopeWords, typeWords } from "../../dashboard/words/environments.ts";
import * as looks from "../../dashboard/words/looks.ts";
import { capabilityWords } from "../../dashboard/words/providers.ts";
import { jobWords, stepWord } from "../../dashboard/words/steps.ts";
import { plans } from "../../shared/domain/plans/index.ts";

const wordOf = (shown: unknown): unknown =>
  typeof shown === "object" && shown !== null && "word" in shown ? shown.word : shown;

/** Every list of the contract that a person meets, with the table that says it. */
const tables: readonly (readonly [string, readonly string[], Readonly<Record<string, unknown>>])[] = [
  ["status of a provider", providerStatuses, looks.providerLooks],
  ["capability of a provider", providerCapabilities, capabilityWords],
  ["status of a job", jobStatuses, looks.jobLooks],
  ["status of a step", stepStatuses, looks.stepLooks],
  ["kind of a job", jobTypes, jobWords],
  ["status of a site", siteStatuses, looks.siteLooks],
  ["status of an environment", siteStatuses, looks.environmentLooks],
  ["status of a backup", backupStatuses, looks.backupLooks],
  ["kind of an environment", environmentTypes, typeWords],
  ["scope of a backup", backupScopes, scopeWords],
  ["preset of a promotion", promotionPresets, presetWords],
  ["reason of an error", errorReasons, looks.reasonWords],
  ["reason of a node that is not ready", readinessReasons, looks.readinessWords],
  ["error code of the API", Object.keys(apiErrorStatus), apiErrorWords],
  ["error code of a job", Object.keys(jobErrorRetried), jobErrorWords],
];

/** A short text for people: begins with a capital letter, and has nothing of a code in it. */
const text = /^[A-Z][^_!]+$/;

describe.each(tables)("each %s", (_, codes, words) => {
  it.each(codes.map((code) => [code]))("%s is said in words", (code) => {
    expect(wordOf(words[code])).toMatch(text);
    expect(wordOf(words[code])).not.toBe(code);
  });

  it("is in the table, and nothing else is", () => {
    expect(Object.keys(words).sort()).toEqual([...codes].sort());
  });
});

describe("each step", () => {
  const names = [...new Set(Object.values(plans).flatMap(({ steps }) => steps))];
  it.each(names.map((name) => [name]))("%s is said in words", (name) => {
    expect(stepWord(name)).toMatch(text);
  });
});

const tones: readonly looks.Tone[] = ["ok", "warn", "bad", "run", "off"];
const lookTables: readonly Readonly<Record<string, looks.Look>>[] = [
  looks.providerLooks,
  looks.jobLooks,
  looks.stepLooks,
  looks.siteLooks,
  looks.environmentLooks,
  looks.backupLooks,
];

describe("a look", () => {
  const css = readFileSync(resolve(import.meta.dirname, "../../dashboard/styles/parts.css"), "utf8");
  const tokens = readFileSync(resolve(import.meta.dirname, "../../dashboard/styles/tokens.css"), "utf8");
  /** What the shape before the word is made of, in the tone. */
  const shapeOf = (tone: string) =>
    new RegExp(String.raw`\)\[data-tone="${tone}"\]::before \{([^}]*)\}`).exec(css)?.[1]?.replace(/\s+/g, " ").trim();

  it("has one of the five tones", () => {
    const used = lookTables.flatMap((table) => Object.values(table)).map(({ tone }) => tone);
    expect(used.filter((tone) => !tones.includes(tone))).toEqual([]);
  });

  it.each(tones)("in the tone %s has a shape and two colours", (tone) => {
    expect(shapeOf(tone)).toMatch(/\S/);
    expect(css).toMatch(
      new RegExp(
        String.raw`\[data-tone="${tone}"\] \{\s+--tone: var\(--${tone}\);\s+--tone-soft: var\(--${tone}-soft\);`,
      ),
    );
    expect(tokens).toMatch(new RegExp(String.raw`--${tone}: light-dark\(#\w{6}, #\w{6}\);`));
  });

  it("is told from every other by its shape alone", () => {
    const shapes = tones.map(shapeOf);
    expect(new Set(shapes).size).toBe(tones.length);
  });

  it("of a node exists for every status with every state of its server", () => {
    const readiness = { is_ready: false, reason_codes: [], guidance: [], checked_at: null };
    for (const status of nodeStatuses) {
      for (const server_state of serverStates) {
        const look = looks.nodeLook({ status, server_state, readiness });
        expect(look.word).toMatch(text);
        expect(tones).toContain(look.tone);
      }
    }
  });
});
