import { expect, it } from "vitest";
import type { Schema } from "./document.ts";
import { fieldsOf, limitsOf, typeOf } from "./fields.ts";
import { html } from "./html.ts";

const written = (content: Parameters<typeof html>[1]) => html`${content}`.text;

it.each<[Schema, string]>([
  [{ type: "string" }, "string"],
  [{ type: "string", format: "uuid" }, "UUID"],
  [{ type: ["boolean", "null"] }, "boolean or null"],
  [{ type: "array", items: { type: "string" } }, "list of string"],
  [{ $ref: "#/components/schemas/Node" }, '<a href="#model-Node">Node</a>'],
  [{ type: "array", items: { $ref: "#/components/schemas/Node" } }, 'list of <a href="#model-Node">Node</a>'],
  [{ anyOf: [{ type: "string", format: "date-time" }, { type: "null" }] }, "date and time or null"],
  [{}, "anything"],
])("%j is called %s", (schema, words) => {
  expect(written(typeOf(schema))).toBe(words);
});

it.each<[Schema, string[]]>([
  [{ type: "string" }, []],
  [{ minLength: 1, maxLength: 100 }, ["1 to 100 characters"]],
  [{ minLength: 3, maxLength: 3 }, ["3 characters"]],
  [{ minLength: 1 }, ["at least 1 character"]],
  [{ maxLength: 9 }, ["at most 9 characters"]],
  [{ minimum: 0 }, ["at least 0"]],
  [{ minimum: 1, maximum: 3650, default: 50 }, ["1 to 3650", "default <code>50</code>"]],
  [{ const: true }, ["always <code>true</code>"]],
  [{ default: false }, ["default <code>false</code>"]],
  [{ pattern: "^<a>$" }, ["matches <code>^&lt;a&gt;$</code>"]],
  [{ enum: ["a", "b"] }, ["one of <code>a</code>, <code>b</code>"]],
  [{ anyOf: [{ enum: ["a", "b"] }, { type: "null" }] }, ["one of <code>a</code>, <code>b</code>"]],
  [{ items: { enum: ["a"] } }, ["always <code>a</code>"]],
])("%j must keep to %j", (schema, phrases) => {
  expect(limitsOf(schema).map(written)).toEqual(phrases);
});

it("fields of objects and lists within are named by their way", () => {
  const inner: Schema = { type: "object", properties: { at: { type: "string" } }, required: ["at"] };
  const schema: Schema = {
    type: "object",
    required: ["list"],
    properties: {
      list: { type: "array", items: inner },
      maybe: { anyOf: [inner, { type: "null" }] },
      deep: { type: "object", properties: { inner } },
      model: { $ref: "#/components/schemas/Node" },
    },
  };
  expect(fieldsOf(schema).map(({ name, isRequired }) => [name, isRequired])).toEqual([
    ["list", true],
    ["list[].at", true],
    ["maybe", false],
    ["maybe.at", true],
    ["deep", false],
    ["deep.inner", false],
    ["deep.inner.at", true],
    ["model", false],
  ]);
});
