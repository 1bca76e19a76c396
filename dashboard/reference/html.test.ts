import { expect, it } from "vitest";
import { escapeHtml, html, joined, prose } from "./html.ts";

it.each([
  ["<script>", "&lt;script&gt;"],
  ['" onload="x', "&quot; onload=&quot;x"],
  ["it's & more", "it&#39;s &amp; more"],
  ["plain", "plain"],
])("%s is written as %s", (text, written) => {
  expect(escapeHtml(text)).toBe(written);
  expect(html`<p title="${text}">${text}</p>`.text).toBe(`<p title="${written}">${written}</p>`);
});

it("HTML made here is kept, in lists and inside each other", () => {
  const items = ["a", "<b>"].map((name) => html`<li>${name}</li>`);
  expect(html`<ul>${items}</ul>`.text).toBe("<ul><li>a</li><li>&lt;b&gt;</li></ul>");
});

it("nothing is written for what is not there", () => {
  expect(html`a${null}${undefined}${[]}b${0}`.text).toBe("ab0");
});

it.each([
  ["one `two` three", "one <code>two</code> three"],
  ['`<...>; rel="next"` is there', "<code>&lt;...&gt;; rel=&quot;next&quot;</code> is there"],
  ["no code", "no code"],
])("in %s the words in backticks are code", (text, written) => {
  expect(prose(text).text).toBe(written);
});

it("a separator stands between, and is escaped like all else", () => {
  expect(html`${joined(["a", html`<b>b</b>`, "c"], " < ")}`.text).toBe("a &lt; <b>b</b> &lt; c");
});
