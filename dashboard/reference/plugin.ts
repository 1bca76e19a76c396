/** Makes the reference of the API a part of the dashboard's build, from the committed document. */
import { readFileSync } from "node:fs";
import type { Plugin } from "vite";
import { parse } from "yaml";
import { parseDocument } from "./document.ts";
import { renderPage } from "./page.ts";

const committed = new URL("../../contracts/openapi.yaml", import.meta.url);
const at = { page: "docs/api/index.html", source: "docs/api/openapi.yaml" };

/** The entry of the build that is the page's stylesheet. */
export const referenceStyles = new URL("./reference.css", import.meta.url).pathname;

/** Puts the page and the document into the bundle. Fails the build when the document says what the page cannot show. */
export const reference = (): Plugin => ({
  name: "pressluft-reference",
  generateBundle: {
    order: "post",
    handler(_, bundle) {
      const yaml = readFileSync(committed, "utf8");
      const stylesheet = Object.keys(bundle).find((name) => /^assets\/reference-[^/]+\.css$/.test(name));
      if (stylesheet === undefined) this.error("the reference of the API has no stylesheet");
      const document = parseDocument(parse(yaml));
      const page = renderPage({ document, stylesheet: `/${stylesheet}`, source: `/${at.source}` });
      this.emitFile({ type: "asset", fileName: at.page, source: page });
      this.emitFile({ type: "asset", fileName: at.source, source: yaml });
    },
  },
});
