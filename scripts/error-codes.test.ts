import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { apiErrorStatus, errorReasons, jobErrorRetried, readinessReasons } from "../contracts/errors.ts";
import { apiErrorGuidance } from "../shared/domain/api-guidance.ts";
import { acquisitionFailures, nodeFailures, providerFaultClasses, runFailures } from "../shared/domain/failure.ts";
import { errorTable, statusTable, transportTable } from "../shared/hetzner/index.ts";
import { buildErrorCodes, findUnguided } from "./error-codes-document.ts";

const text = buildErrorCodes("2026-11-23");
/** The lines below one heading, up to the next. */
const section = (heading: string): string[] => {
  const lines = text.split("\n");
  const from = lines.indexOf(heading);
  const to = lines.findIndex((line, index) => index > from && /^#+ /.test(line));
  return from < 0 ? [] : lines.slice(from + 1, to < 0 ? undefined : to);
};
const rowsFor = (heading: string, name: string) =>
  section(heading).filter((line) => line.startsWith(`| \`${name}\` |`));

describe("the page of error codes", () => {
  it("is committed as it is generated", async () => {
    expect(await readFile(new URL("../docs/error-codes.md", import.meta.url), "utf8")).toBe(text);
  });

  it.each(Object.entries(apiErrorStatus))("has %s with its status once", (name, status) => {
    const [found, ...more] = rowsFor("## Errors of HTTP answers", name);
    expect(found).toContain(`| ${status} |`);
    expect(more).toEqual([]);
  });

  it.each(Object.entries(apiErrorGuidance))("says what to do about %s", (name, guidance) => {
    expect(rowsFor("## Errors of HTTP answers", name).join()).toContain(guidance);
  });

  it("leaves no code without something to do", () => {
    expect(findUnguided()).toEqual([]);
  });

  it.each(Object.entries(jobErrorRetried))("says whether %s is retried", (name, retried) => {
    expect(rowsFor("## Errors of jobs", name)).toEqual([expect.stringContaining(retried ? "| yes |" : "| no |")]);
  });

  it.each(providerFaultClasses)("tells what to do about %s, with its code", (faultClass) => {
    const lines = section(`### ${faultClass}`).join("\n");
    for (const guidance of acquisitionFailures[faultClass].guidance) expect(lines).toContain(guidance);
    expect(lines).toContain(acquisitionFailures[faultClass].code);
  });

  it("has every code of Hetzner once, in its class", () => {
    for (const { code, class: faultClass } of errorTable) expect(rowsFor(`### ${faultClass}`, code)).toHaveLength(1);
  });

  it("has every status and every transport failure", () => {
    for (const { status } of statusTable)
      expect(section("### An answer without a code that is known").join("\n")).toContain(`| ${status} |`);
    for (const { code } of transportTable) expect(rowsFor("### No answer", code)).toHaveLength(1);
  });

  it("never promises that a failed action passes by itself", () => {
    const ended = errorTable.map(({ code, class: faultClass }) => rowsFor(`### ${faultClass}`, code).join(""));
    for (const line of ended) expect(line.split("|").at(-3)).toMatch(/PROVIDER_ACQUISITION_(FAILED|UNAVAILABLE)/);
  });

  it("has every other failure of a node and every reason for which a deletion is blocked", () => {
    const other = section("## Other ways in which a node's job fails").join("\n");
    for (const { guidance } of Object.values(nodeFailures)) for (const line of guidance) expect(other).toContain(line);
    for (const reason of errorReasons) expect(rowsFor("## A server that cannot be deleted", reason)).toHaveLength(1);
  });

  it("has every way in which work on a node fails", () => {
    const lines = section("## How work on a node fails").join("\n");
    for (const { guidance } of Object.values(runFailures)) for (const line of guidance) expect(lines).toContain(line);
  });

  it.each(readinessReasons)("says what to do about %s", (reason) => {
    expect(rowsFor("## Why a node is not ready", reason)).toHaveLength(1);
  });
});
