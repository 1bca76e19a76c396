/** Tables of the reference: two columns, so that they fit a phone. */
import type { Parameter, Schema } from "./document.ts";
import { type Field, limitsOf, saidOf, typeOf } from "./fields.ts";
import { type Content, type Html, html, prose } from "./html.ts";

interface Row {
  readonly head: Content;
  readonly text: Content;
  readonly id?: string;
}

interface Table {
  readonly caption: Content;
  readonly columns: readonly [string, string];
  readonly rows: readonly Row[];
}

/** A table; nothing at all without rows. */
export const table = ({ caption, columns, rows }: Table): Html | null =>
  rows.length === 0
    ? null
    : html`<table><caption>${caption}</caption>
<thead><tr>${columns.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows.map(toRow)}</tbody></table>
`;

const toRow = ({ head, text, id }: Row): Html =>
  html`<tr${id === undefined ? null : html` id="${id}"`}><th scope="row">${head}</th><td>${text}</td></tr>
`;

/** Whether a request must have it; answers have what they have. */
export type Necessity = "required" | "optional" | null;

const nameCell = (name: string, schema: Schema, necessity: Necessity): Html =>
  html`<code>${name}</code><small>${typeOf(schema)}${necessity === null ? null : html` · ${necessity}`}</small>`;

const wordsOf = (description: string | undefined, schema: Schema): Content => [
  [...(description === undefined ? [] : [description]), ...saidOf(schema)].map((text) => html`<p>${prose(text)}</p>`),
  limitsOf(schema).map((limit) => html`<small>${limit}</small>`),
];

export const fieldRow = (field: Field, isRequest: boolean): Row => ({
  head: nameCell(field.name, field.schema, necessityOf(field, isRequest)),
  text: wordsOf(undefined, field.schema),
});

const necessityOf = ({ isRequired }: Field, isRequest: boolean): Necessity => {
  if (isRequest) return isRequired ? "required" : "optional";
  return isRequired ? null : "optional";
};

export const parameterRow = ({ name, schema, description, required, ...parameter }: Parameter): Row => ({
  head: [nameCell(name, schema, required ? "required" : "optional"), html`<small>in the ${parameter.in}</small>`],
  text: wordsOf(description, schema),
});

/** Folded away: it is the longest part, and the one that is looked at least. */
export const example = (title: string, value: unknown): Html | null =>
  value === undefined
    ? null
    : html`<details><summary>${title}</summary><pre><code>${JSON.stringify(value, null, 2)}</code></pre></details>
`;
