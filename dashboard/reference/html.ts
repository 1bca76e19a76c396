/** HTML that is safe by construction: whatever is put into a template is escaped, unless it is HTML made here. */

export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a template; null and undefined are nothing. */
export type Content = Html | string | number | null | undefined | readonly Content[];

const named: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text as it may stand between tags and in quoted attributes. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => named[sign] ?? "");

const toText = (content: Content): string => {
  if (content === null || content === undefined) return "";
  if (content instanceof Html) return content.text;
  if (typeof content === "string" || typeof content === "number") return escapeHtml(String(content));
  return content.map(toText).join("");
};

/** A template: html`<td>${name}</td>`. */
export const html = ({ raw }: TemplateStringsArray, ...contents: readonly Content[]): Html =>
  new Html(raw.map((text, index) => text + toText(contents[index])).join(""));

/** A text of the document: what stands in backticks is code. */
export const prose = (text: string): Html =>
  html`${text.split("`").map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part))}`;

/** Content with a separator between. */
export const joined = (contents: readonly Content[], separator: string): Content =>
  contents.map((content, index) => (index === 0 ? content : [separator, content]));
