import { describe, expect, it } from "vitest";
import { operations } from "../../contracts/operations.ts";
import { readExamples } from "../contract.ts";
import { buildDocument } from "../contract-document.ts";
import { checksOf } from "./checks.ts";
import { judgeContract } from "./contract.ts";
import { findBadHeads } from "./documents.ts";
import type { RepositoryFile } from "./files.ts";
import { runChecks } from "./report.ts";
import { findUndocumented, findUntested, isAskedFor, isDocumented, tracedOperations } from "./traceability.ts";

const file = (path: string, text: string): RepositoryFile => ({ path, sizeBytes: text.length, text: () => text });
const reset = { operation: "resetSite", method: "POST", path: "/api/sites/{id}/reset" };

describe("a document names an operation", () => {
  it.each([
    "| `POST /api/sites/{id}/reset` | 200 |",
    "POST /api/sites/{site_id}/reset",
    "`POST /api/sites/{id}/reset?x=1`",
  ])("as %s", (text) => {
    expect(isDocumented(text, reset)).toBe(true);
  });

  it.each([
    "POST /api/sites/{id}",
    "GET /api/sites/{id}/reset",
    "POST /api/sites/{id}/reset/now",
    "POST /api/sites/{id}/reset-all",
    "resetSite",
  ])("not as %s", (text) => {
    expect(isDocumented(text, reset)).toBe(false);
  });

  it("only where operations are described", () => {
    const text = "POST /api/sites/{id}/reset";
    const isMissing = (path: string) =>
      findUndocumented([file(path, text)]).some(({ operation }) => operation === "resetSite");
    expect(["docs/api-contract.md", "docs/features/a.md", "docs/testing.md", "README.md"].map(isMissing)).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });
});

describe("a test asks for an operation", () => {
  it.each([
    "handlers.resetSite(call)",
    'call("POST", `/api/sites/7/reset`)',
    '{ method: "POST", path: "/api/sites/7/reset" }',
  ])("as %s", (text) => {
    expect(isAskedFor(text.replace("method: ", ""), reset)).toBe(true);
  });

  it.each(['call("POST", "/api/sites/7")', "resetSites"])("not as %s", (text) => {
    expect(isAskedFor(text, reset)).toBe(false);
  });

  it("only in a test of its function", () => {
    const isMissing = (path: string) =>
      findUntested([file(path, "resetSite")]).some(({ operation }) => operation === "resetSite");
    expect(["functions/sites/a.test.ts", "functions/sites/a.ts", "functions/http/a.test.ts"].map(isMissing)).toEqual([
      false,
      true,
      true,
    ]);
  });

  it("or all are untested and in no document", () => {
    expect(findUntested([])).toEqual(tracedOperations);
    expect(findUndocumented([])).toEqual(tracedOperations);
  });
});

describe("the contract's document", async () => {
  const good = () => structuredClone(built);
  const built = buildDocument(await readExamples(), "1.0.0");

  it("conforms as it is generated", () => {
    expect(judgeContract(good(), operations)).toEqual([]);
  });

  it("does not without an operation, with one too many, or with another name", () => {
    const { login, ...others } = operations;
    expect(judgeContract(good(), others)).toContain("POST /api/login is in no table");
    const more = { ...operations, greet: { ...login, path: "/api/greet" as const } };
    expect(judgeContract(good(), more)).toContain("POST /api/greet is missing");
    expect(judgeContract(good(), { ...others, logIn: login })).toContain(
      "POST /api/login is called login instead of logIn",
    );
  });

  it("does not when a status is not told", () => {
    const more = { ...operations, getSession: { ...operations.getSession, errors: ["provider_in_use" as const] } };
    expect(judgeContract(good(), more)).toEqual(["GET /api/session does not tell of 409"]);
  });

  it("does not when a reference leads nowhere, or when it is none", () => {
    const lost = { ...good(), more: { $ref: "#/components/schemas/Nobody" } };
    expect(judgeContract(lost, operations)).toEqual(["#/components/schemas/Nobody points at nothing"]);
    expect(judgeContract("paths:", operations)).toHaveLength(1);
  });
});

it("finds heads of documents that are wrong", () => {
  const head = "Status: active\nOwner: platform\nLast Reviewed: 2026-11-23\nDepends On: docs, b.ts\nSupersedes: none\n";
  const files = [file("docs/a.md", head), file("docs/b.md", "# B"), file("b.ts", ""), file("README.md", "# none")];
  expect(findBadHeads(files).every((fault) => fault.startsWith("docs/b.md has no line"))).toBe(true);
  expect(findBadHeads(files)).toHaveLength(5);
});

describe("the report", () => {
  const check = (faults: readonly string[]) => ({ name: "heads", whatToDo: "mend them", find: () => faults });

  it("is a line for each check", async () => {
    expect(await runChecks([check([]), check([])])).toEqual({ lines: ["ok    heads", "ok    heads"], isReady: true });
  });

  it("says what was found and what to do", async () => {
    const report = await runChecks([check(["a is wrong", "b is wrong"]), check([])]);
    expect(report.isReady).toBe(false);
    expect(report.lines).toEqual(["FAIL  heads: mend them", "        a is wrong", "        b is wrong", "ok    heads"]);
  });

  it("stays short", async () => {
    const { lines } = await runChecks([check(Array.from({ length: 50 }, () => "wrong"))]);
    expect(lines).toHaveLength(14);
    expect(lines.at(-1)).toBe("        and 38 more");
  });

  it("counts what cannot be looked at as a failure", async () => {
    const broken = { ...check([]), find: () => Promise.reject(new Error("no such file")) };
    const { lines, isReady } = await runChecks([broken]);
    expect(isReady).toBe(false);
    expect(lines[1]).toContain("no such file");
  });

  it("fails every check that looks at an empty repository's documents and tests", async () => {
    const { lines } = await runChecks(checksOf([]));
    expect(lines.filter((line) => line.startsWith("FAIL")).join()).toMatch(/its document.*its test/);
  });
});
