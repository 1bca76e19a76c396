/** The page shows the committed document, all of it. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { callsOf, codesIn, followed, parseDocument } from "./document.ts";
import { fieldsOf } from "./fields.ts";
import { escapeHtml } from "./html.ts";
import { renderPage } from "./page.ts";
import { codesOf } from "./parts.ts";

const given: unknown = parse(readFileSync(new URL("../../contracts/openapi.yaml", import.meta.url), "utf8"));
const document = parseDocument(given);
const addresses = { stylesheet: "/assets/reference-x.css", source: "/docs/api/openapi.yaml" };
const page = renderPage({ document, ...addresses });
const calls = callsOf(document);
const { schemas, parameters, headers } = document.components;

/** From the part's anchor to the next one. */
const partOf = (id: string): string =>
  page.split(`<section class="operation" id="${id}"`)[1]?.split("</section>")[0] ?? "";
/** Every description at any depth, as it is written on the page. */
const descriptionsIn = (value: unknown): string[] =>
  [...JSON.stringify(value).matchAll(/"description":("(?:[^"\\]|\\.)*")/g)].map(([, text = '""']) =>
    escapeHtml(z.string().parse(JSON.parse(text))).replace(/`([^`]+)`/g, "<code>$1</code>"),
  );
const nameOf = (ref: string) => ref.split("/").at(-1) ?? "";

describe("the document", () => {
  it("is read whole: what is shown below is all there is", () => {
    const raw = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) }).parse(given);
    expect(calls).toHaveLength(Object.values(raw.paths).flatMap((one) => Object.keys(one)).length);
    expect(calls.length).toBeGreaterThan(30);
  });

  const [{ method: _, path: __, ...first } = { method: "get", path: "" }] = calls;
  const withSchema = (extra: object) => ({
    ...document,
    components: { ...document.components, schemas: { ...schemas, Extra: { type: "string", ...extra } } },
  });
  const withOperation = (extra: object) => ({
    ...document,
    paths: { ...document.paths, "/api/x": { get: { ...first, ...extra } } },
  });

  it.each([
    ["a keyword of schemas", withSchema({ multipleOf: 2 }), withSchema({})],
    ["a keyword of operations", withOperation({ deprecated: true }), withOperation({})],
    ["a part of its own", { ...document, webhooks: {} }, document],
  ])("is refused when it says something that the page does not show: %s", (_, more, less) => {
    expect(() => parseDocument(less)).not.toThrow();
    expect(() => parseDocument(more)).toThrow();
  });
});

describe.each(calls)("$operationId", (call) => {
  const part = partOf(call.operationId);

  it("has an anchor, a link in the contents, and says what it does", () => {
    expect(page).toContain(`<a href="#${call.operationId}"><b data-method="${call.method}">`);
    expect(part).toContain(call.method.toUpperCase());
    expect(part).toContain(`<code>${call.path}</code>`);
    expect(part).toContain(escapeHtml(call.summary).replace(/`([^`]+)`/g, "<code>$1</code>"));
  });

  it("shows every parameter", () => {
    for (const one of call.parameters ?? []) {
      const { name, in: place } = "$ref" in one ? followed(parameters, one.$ref) : one;
      expect(part).toContain(`<code>${name}</code>`);
      expect(part).toContain(`in the ${place}`);
    }
  });

  it("shows every field of the body", () => {
    const ref = call.requestBody?.content["application/json"].schema.$ref;
    const fields = ref === undefined ? [] : fieldsOf(schemas[nameOf(ref)] ?? {});
    expect(fields.length > 0).toBe(call.requestBody !== undefined);
    for (const { name, isRequired } of fields)
      expect(part).toMatch(
        new RegExp(`<code>${name.replace(/[[\].]/g, "\\$&")}</code><small>.*· ${isRequired ? "required" : "optional"}`),
      );
  });

  it("shows every answer, with its headers and codes", () => {
    for (const [status, one] of Object.entries(call.responses)) {
      expect(part).toContain(`<th scope="row"><code>${status}</code></th>`);
      const codes = "content" in one ? [] : codesIn(one.description);
      for (const code of codes) expect(part).toContain(`<a href="#error-${code}"><code>${code}</code></a>`);
      for (const name of Object.keys("content" in one ? (one.headers ?? {}) : {}))
        expect(part).toContain(`Header <code>${name}</code>`);
    }
  });

  it("shows its examples", () => {
    const answers = Object.values(call.responses).flatMap((one) => ("content" in one ? [one.content] : []));
    const bodies = call.requestBody === undefined ? [] : [call.requestBody.content];
    for (const { "application/json": json } of [...bodies, ...answers])
      if (json.example !== undefined) expect(part).toContain(escapeHtml(JSON.stringify(json.example, null, 2)));
  });
});

describe.each(Object.keys(schemas))("the model %s", (name) => {
  it("has an anchor, a link in the contents, and all its fields with what is said of them", () => {
    const part = partOf(`model-${name}`);
    expect(page).toContain(`<a href="#model-${name}">${name}</a>`);
    for (const field of fieldsOf(schemas[name] ?? {})) {
      expect(part).toContain(`<code>${field.name}</code>`);
      for (const value of field.schema.enum ?? []) expect(part).toContain(`<code>${value}</code>`);
      for (const said of descriptionsIn(field.schema)) expect(part).toContain(said);
    }
  });
});

describe("the errors", () => {
  it.each(codesOf(document))("%s has an anchor and says where it comes from", (code) => {
    const row = page.split(`<tr id="error-${code}">`)[1]?.split("</tr>")[0] ?? "";
    const naming = calls.filter(({ responses }) =>
      Object.values(responses).some((one) => "$ref" in one && codesIn(one.description).includes(code)),
    );
    const links = [...row.matchAll(/<a href="#(\w+)">/g)].map(([, id]) => id);
    const isLong = naming.length > 12;
    expect(links).toEqual(isLong ? [] : naming.map(({ operationId }) => operationId));
    if (isLong) expect(row).toContain(`${naming.length} operations`);
  });

  it("are all that any operation names", () => {
    const named = calls.flatMap(({ responses }) =>
      Object.values(responses).flatMap((one) => ("content" in one ? [] : codesIn(one.description))),
    );
    expect(named.filter((code) => !codesOf(document).includes(code))).toEqual([]);
    expect(codesOf(document).length).toBeGreaterThan(20);
  });
});

describe("the page", () => {
  it("has no script, no inline style and nothing from elsewhere, so that the strict policy holds", () => {
    expect(page).not.toMatch(/<script|<style|\sstyle=|\son\w+=|javascript:|<iframe|<base|https?:\/\/[^<]*<\/script/i);
    const loaded = [...page.matchAll(/<(?:link|img)[^>]*\s(?:href|src)="([^"]+)"/g)].map(([, address]) => address);
    expect(new Set(loaded)).toEqual(new Set(["/icon.svg", addresses.stylesheet]));
  });

  it("leads nowhere but to itself, the dashboard and the document, and every anchor is there once", () => {
    const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    expect(ids).toHaveLength(new Set(ids).size);
    const links = [...page.matchAll(/<a [^>]*href="([^"]+)"/g)].map(([, address = ""]) => address);
    const outside = links.filter((address) => !address.startsWith("#"));
    expect(new Set(outside)).toEqual(new Set(["/", addresses.source]));
    expect(links.filter((address) => address.startsWith("#") && !ids.includes(address.slice(1)))).toEqual([]);
  });

  it("can be walked by landmarks, headings and tables with names", () => {
    for (const landmark of ["<header>", '<nav aria-label="Contents">', '<main id="main"'])
      expect(page).toContain(landmark);
    expect(page.match(/<h1>/g)).toHaveLength(1);
    expect(page.match(/<table>/g)?.length).toBe(page.match(/<table><caption>\w/g)?.length);
    expect(page.match(/<th(?! scope="(?:row|col)")[ >]/g)).toBeNull();
  });

  it("escapes whatever the document says", () => {
    const info = {
      ...document.info,
      title: "<script>alert(1)</script>",
      description: '"><img src=x onerror=alert(1)>',
    };
    const hostile = renderPage({ document: { ...document, info }, ...addresses });
    expect(hostile).not.toContain("<script>");
    expect(hostile).not.toContain("<img src=x");
  });

  it("names the header that a key is sent in", () => {
    expect(partOf("createNode")).toContain("<code>Idempotency-Key</code>");
    expect(Object.keys(headers)).toContain("Location");
  });
});
