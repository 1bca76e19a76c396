/** The parts of the reference: an operation, a model, the errors. */
import { type Answer, type Call, callsOf, codesIn, type Document, followed, nameIn, type Schema } from "./document.ts";
import { fieldsOf, typeOf } from "./fields.ts";
import { type Content, type Html, html, joined, prose } from "./html.ts";
import { example, fieldRow, parameterRow, table } from "./tables.ts";

const columns = ["Name", "What it is"] as const;

/** One operation: what to send, what comes back. Its anchor is its id. */
export const operationPart = (document: Document, call: Call): Html => {
  const { components } = document;
  const parameters = (call.parameters ?? []).map((one) =>
    "$ref" in one ? followed(components.parameters, one.$ref) : one,
  );
  const body = call.requestBody?.content["application/json"];
  return html`<section class="operation" id="${call.operationId}" aria-labelledby="${call.operationId}-name">
<h3 id="${call.operationId}-name"><a href="#${call.operationId}"><b data-method="${call.method}">${call.method.toUpperCase()}</b> <code>${call.path}</code></a></h3>
<p>${prose(call.summary)}.${call.security === undefined ? null : " Needs no session and no token."}</p>
<p class="dim"><code>${call.operationId}</code></p>
${table({ caption: "Parameters", columns, rows: parameters.map(parameterRow) })}
${body === undefined ? null : bodyTable(document, body.schema)}
${example("Example of a body", body?.example)}
${table({ caption: "Answers", columns: ["Status", "What comes"], rows: answerRows(document, call) })}
${Object.values(call.responses).map((one) => ("content" in one ? example("Example of an answer", one.content["application/json"].example) : null))}
</section>
`;
};

const bodyTable = ({ components }: Document, schema: Schema): Html | null => {
  const whole = schema.$ref === undefined ? schema : followed(components.schemas, schema.$ref);
  const rows = fieldsOf(whole).map((field) => fieldRow(field, true));
  return table({ caption: html`Body: ${typeOf(schema)}`, columns, rows });
};

const answerRows = (document: Document, { responses }: Call) =>
  Object.entries(responses).map(([status, one]) => ({
    head: html`<code>${status}</code>`,
    text: "content" in one ? answerText(document, one) : codeLinks(codesIn(one.description)),
  }));

const answerText = ({ components }: Document, { content, headers }: Answer): Content => [
  html`<p>${typeOf(content["application/json"].schema)}</p>`,
  Object.entries(headers ?? {}).map(
    ([name, { $ref }]) =>
      html`<small>Header <code>${name}</code>: ${prose(followed(components.headers, $ref).description)}</small>`,
  ),
];

const codeLinks = (codes: readonly string[]): Content =>
  joined(
    codes.map((code) => html`<a href="#error-${code}"><code>${code}</code></a>`),
    ", ",
  );

/** A model: all its fields. */
export const modelPart = (document: Document, name: string): Html => {
  const schema = followed(document.components.schemas, name);
  const isRequest = callsOf(document).some(
    ({ requestBody }) => nameIn(requestBody?.content["application/json"].schema.$ref ?? "") === name,
  );
  return html`<section class="operation" id="model-${name}" aria-labelledby="model-${name}-name">
<h3 id="model-${name}-name"><a href="#model-${name}"><code>${name}</code></a></h3>
${schema.description === undefined ? null : html`<p>${prose(schema.description)}</p>`}
${schema.additionalProperties === false ? html`<p class="dim">Other fields are refused.</p>` : null}
${table({ caption: "Fields", columns, rows: fieldsOf(schema).map((field) => fieldRow(field, isRequest)) })}
</section>
`;
};

/** Every code, with the statuses it comes with and, where there is one, an answer that has it. */
export const errorsPart = (document: Document): Html => {
  const { description, headers, content } = document.components.responses.Error;
  const { schema, examples = {} } = content["application/json"];
  const rows = codesOf(document).map((code) => {
    const named = namingOf(document, code);
    const statuses = [...new Set(named.map(({ status }) => status))].sort();
    const text = [html`<p>${fromWhere(named.map(({ id }) => id))}</p>`, example("Example", examples[code]?.value)];
    return { id: `error-${code}`, head: html`<code>${code}</code><small>${statuses.join(", ")}</small>`, text };
  });
  const headerRows = Object.entries(headers).map(([name, header]) => ({
    head: html`<code>${name}</code><small>${typeOf(header.schema)}</small>`,
    text: html`<p>${prose(header.description)}</p>`,
  }));
  return html`<div class="operation"><p>${prose(description)}. The body is ${typeOf(schema)}.</p>
${table({ caption: "Headers", columns, rows: headerRows })}
${table({ caption: "Codes", columns: ["Code", "From"], rows })}</div>
`;
};

/** The codes of the model Error, in its order. */
export const codesOf = ({ components }: Document): readonly string[] =>
  components.schemas.Error?.properties?.code?.enum ?? [];

/** The operations that name a code, each with its status. */
const namingOf = (document: Document, code: string) =>
  callsOf(document).flatMap(({ operationId: id, responses }) =>
    Object.entries(responses).flatMap(([status, one]) =>
      "$ref" in one && codesIn(one.description).includes(code) ? [{ id, status }] : [],
    ),
  );

/** More links than these help nobody. */
const LINKS_MAX = 12;

const fromWhere = (ids: readonly string[]): Content => {
  if (ids.length === 0) return "Any address; no operation names it";
  if (ids.length > LINKS_MAX) return `${ids.length} operations`;
  return joined(
    ids.map((id) => html`<a href="#${id}"><code>${id}</code></a>`),
    ", ",
  );
};
