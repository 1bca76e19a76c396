/** The reference of the API as one page: no script, no inline style, nothing from elsewhere. */
import { type Call, callsOf, type Document } from "./document.ts";
import { type Html, html, prose } from "./html.ts";
import { errorsPart, modelPart, operationPart } from "./parts.ts";

export interface PageInput {
  readonly document: Document;
  /** Addresses of what belongs to it. */
  readonly stylesheet: string;
  readonly source: string;
}

/** The whole page as text. */
export const renderPage = ({ document, stylesheet, source }: PageInput): string => {
  const groups = groupsOf(document);
  const models = Object.keys(document.components.schemas);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>API reference · ${document.info.title}</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="${stylesheet}">
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header>
<a class="brand" href="/"><img src="/icon.svg" alt="" width="18" height="18"> ${document.info.title}</a>
<a class="back" href="/">Back to the dashboard</a>
</header>
<nav aria-label="Contents">${contents(groups, models)}</nav>
<main id="main" tabindex="-1">
<h1>API reference</h1>
<p class="lead">${callsOf(document).length} operations, version ${document.info.version}. <a href="${source}">openapi.yaml</a></p>
${introduction(document)}
${[...groups].map(([tag, calls]) => group(tag, tag, html`${calls.map((call) => operationPart(document, call))}`))}
${group("models", "Models", html`${models.map((name) => modelPart(document, name))}`)}
${group("errors", "Errors", errorsPart(document))}
</main>
</body>
</html>
`.text;
};

/** Operations by their tag, in the order in which tags first occur. */
const groupsOf = (document: Document): ReadonlyMap<string, readonly Call[]> =>
  Map.groupBy(callsOf(document), (call) => call.tags[0]);

const group = (id: string, title: string, content: Html): Html =>
  html`<section class="group" aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
${content}</section>
`;

const contents = (groups: ReadonlyMap<string, readonly Call[]>, models: readonly string[]): Html =>
  html`<ul>${[...groups].map(
    ([tag, calls]) =>
      html`<li><a href="#${tag}">${tag}</a><ul>${calls.map(
        ({ operationId, method, path }) =>
          html`<li><a href="#${operationId}"><b data-method="${method}">${method.toUpperCase()}</b> ${path.replace(/^\/api/, "")}</a></li>`,
      )}</ul></li>
`,
  )}<li><a href="#models">models</a><ul>${models.map(
    (name) => html`<li><a href="#model-${name}">${name}</a></li>`,
  )}</ul></li>
<li><a href="#errors">errors</a></li></ul>`;

/** The document's own introduction, and how to be let in. */
const introduction = ({ info, components }: Document): Html =>
  html`<ul class="plain">${info.description
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => html`<li>${prose(line)}</li>`)}</ul>
<h2 id="access">Access</h2>
<ul class="plain">${Object.values(components.securitySchemes).map(
    ({ in: place, name, description }) =>
      html`<li>${place === "cookie" ? html`The cookie <code>${name}</code>: <a href="#login">log in</a>` : html`The header <code>Authorization: Bearer …</code>. ${prose(description ?? "")}`}</li>`,
  )}</ul>
`;
