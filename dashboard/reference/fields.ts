/** What a schema says, in words and in rows. */
import { nameIn, type Schema } from "./document.ts";
import { type Content, html, joined } from "./html.ts";

const formats: Readonly<Record<NonNullable<Schema["format"]>, string>> = {
  uuid: "UUID",
  "date-time": "date and time",
  uri: "address",
  email: "e-mail address",
};

/** A word for the type, with a link where it is a model. */
export const typeOf = (schema: Schema): Content => {
  if (schema.$ref !== undefined) return linkTo(nameIn(schema.$ref));
  if (schema.anyOf !== undefined) return joined(schema.anyOf.map(typeOf), " or ");
  if (schema.format !== undefined) return formats[schema.format];
  if (schema.items !== undefined) return ["list of ", typeOf(schema.items)];
  return [schema.type ?? "anything"].flat().join(" or ");
};

const linkTo = (model: string): Content => html`<a href="#model-${model}">${model}</a>`;

/** What is said about it: of itself, of each form it can have, and of what is in a list. */
export const saidOf = (schema: Schema): string[] => [
  ...(schema.description === undefined ? [] : [schema.description]),
  ...[...(schema.anyOf ?? []), ...(schema.items === undefined ? [] : [schema.items])].flatMap(saidOf),
];

/** What a value must keep to, beside its type: one phrase each. */
export const limitsOf = (schema: Schema): Content[] => [
  ...(schema.anyOf ?? []).flatMap(limitsOf),
  ...(schema.items === undefined ? [] : limitsOf(schema.items)),
  ...between("characters", schema.minLength, schema.maxLength),
  ...between("", schema.minimum, schema.maximum),
  ...(schema.pattern === undefined ? [] : [html`matches <code>${schema.pattern}</code>`]),
  ...(schema.const === undefined ? [] : [html`always <code>${String(schema.const)}</code>`]),
  ...(schema.default === undefined ? [] : [html`default <code>${String(schema.default)}</code>`]),
  ...choiceOf(schema.enum),
];

const choiceOf = (values: readonly string[] = []): Content[] => {
  const codes = values.map((value) => html`<code>${value}</code>`);
  if (codes.length === 0) return [];
  return [codes.length === 1 ? html`always ${codes}` : html`one of ${joined(codes, ", ")}`];
};

const between = (unit: "characters" | "", min: number | undefined, max: number | undefined): string[] => {
  if (min === undefined && max === undefined) return [];
  const isRange = min !== undefined && max !== undefined && min !== max;
  const count = isRange ? `${min} to ${max}` : String(max ?? min);
  const how = isRange || min === max ? "" : min === undefined ? "at most " : "at least ";
  const behind = unit === "" ? "" : count === "1" ? " character" : " characters";
  return [how + count + behind];
};

/** A field of a body; `name` with what it is in: `locations[].name`. */
export interface Field {
  readonly name: string;
  readonly isRequired: boolean;
  readonly schema: Schema;
}

/** All fields of an object, those of objects and lists in it too. Models that it leads to are not entered. */
export const fieldsOf = (schema: Schema, within = ""): Field[] =>
  Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const field = { name: within + name, isRequired: schema.required?.includes(name) ?? false, schema: inner };
    return [field, ...insideOf(inner, field.name)];
  });

const insideOf = (schema: Schema, name: string): Field[] => [
  ...fieldsOf(schema, `${name}.`),
  ...(schema.items === undefined ? [] : insideOf(schema.items, `${name}[]`)),
  ...(schema.anyOf ?? []).flatMap((one) => insideOf(one, name)),
];
