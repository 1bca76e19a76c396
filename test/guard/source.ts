/** TypeScript as text, without what only looks like code: comments, strings, the text of templates, regular expressions. */

const blank = (text: string): string => text.replace(/[^\n]/g, " ");

/** After these a `/` begins a regular expression; after anything else it divides. */
const beforeRegex = /(^|[=([{,;:!&|?+\-*%~^<>}]|\b(return|typeof|case|in|of|void|throw|await|yield))\s*$/;

const endOfQuoted = (text: string, from: number, quote: string): number => {
  let at = from + 1;
  while (at < text.length && text[at] !== quote && text[at] !== "\n") at += text[at] === "\\" ? 2 : 1;
  return at + 1;
};

const endOfRegex = (text: string, from: number): number => {
  let inClass = false;
  for (let at = from + 1; at < text.length && text[at] !== "\n"; at += text[at] === "\\" ? 2 : 1) {
    if (text[at] === "[") inClass = true;
    if (text[at] === "]") inClass = false;
    if (text[at] === "/" && !inClass) return at + 1;
  }
  return from + 1;
};

/** The end of a template's text that begins after `from`: behind its closing backtick, or before its next `${`. */
const endOfTemplateText = (text: string, from: number): { end: number; isOver: boolean } => {
  for (let at = from + 1; at < text.length; at += text[at] === "\\" ? 2 : 1) {
    if (text[at] === "`") return { end: at + 1, isOver: true };
    if (text.startsWith("${", at)) return { end: at, isOver: false };
  }
  return { end: text.length, isOver: true };
};

const endAfter = (text: string, mark: string, from: number): number => {
  const found = text.indexOf(mark, from);
  return found === -1 ? text.length : found + mark.length;
};

/** Where what begins at `at` ends, when it is no code; undefined when it is code. */
const endOfNoCode = (text: string, at: number, codeBefore: string): number | undefined => {
  const two = text.slice(at, at + 2);
  if (two === "//") return endAfter(text, "\n", at);
  if (two === "/*") return endAfter(text, "*/", at + 2);
  if (text[at] === '"' || text[at] === "'") return endOfQuoted(text, at, text[at] ?? "");
  return text[at] === "/" && beforeRegex.test(codeBefore) ? endOfRegex(text, at) : undefined;
};

const known = new Map<string, string>();

/** The code alone: everything else is spaces, so lines and columns stay. */
export const codeOf = (text: string): string => {
  const code = known.get(text) ?? readCode(text);
  known.set(text, code);
  return code;
};

const readCode = (text: string): string => {
  let code = "";
  const depths: number[] = [];
  const skipTo = (end: number) => {
    code += blank(text.slice(code.length, end));
  };
  const readTemplate = () => {
    const { end, isOver } = endOfTemplateText(text, code.length);
    skipTo(end);
    if (!isOver) {
      code += "${";
      depths.push(1);
    }
  };
  while (code.length < text.length) {
    const char = text[code.length] ?? "";
    const end = endOfNoCode(text, code.length, code.slice(-40));
    const depth = depths.at(-1);
    if (end !== undefined) skipTo(end);
    else if (char === "`") readTemplate();
    else if (char === "}" && depth === 1) {
      depths.pop();
      readTemplate();
    } else {
      if (depth !== undefined && (char === "{" || char === "}"))
        depths.push((depths.pop() ?? 0) + (char === "{" ? 1 : -1));
      code += char;
    }
  }
  return code;
};

/** Line numbers, counted from 1, of every match. */
export const linesOf = (text: string, pattern: RegExp): number[] =>
  [...text.matchAll(new RegExp(pattern.source, "gm"))].map(({ index }) => text.slice(0, index).split("\n").length);

export interface Import {
  /** What is imported, or from: a package's name or a path. */
  readonly from: string;
  readonly clause: string;
}

/** Static imports, re-exports and `import()` with a text. */
export const importsOf = (text: string): Import[] => {
  const code = codeOf(text);
  const isCode = (index: number) => code[index] === text[index];
  const statements = text.matchAll(/^(?:import|export)\b(?:[^"';]*?\bfrom\s*|\s*)["']([^"'\n]+)["'];?$/gm);
  const calls = text.matchAll(/\bimport\(\s*["']([^"'\n]+)["']\s*\)/g);
  return [...statements, ...calls]
    .filter(({ index }) => isCode(index))
    .map(({ 0: whole, 1: from = "" }) => ({ from, clause: whole.slice(0, whole.lastIndexOf(from) - 1).trim() }));
};

export interface FunctionSpan {
  readonly line: number;
  readonly lines: number;
  readonly head: string;
}

const indentOf = (line: string): number => line.length - line.trimStart().length;
const opensFunction = (line: string): boolean =>
  /=>\s*(\{|\(\{?|\[)?$/.test(line) ||
  (/\)(: [^=]+)? \{$/.test(line) && !/^\s*(\} )?(if|for|while|switch|catch|else|do|with)\b/.test(line));

/** Functions of formatted code: the formatter's indentation says where each begins and ends. */
export const functionsOf = (text: string): FunctionSpan[] => {
  const code = codeOf(text)
    .split("\n")
    .map((line) => line.trimEnd());
  const original = text.split("\n");
  return code.flatMap((line, at) => {
    if (line.trim() === "" || !opensFunction(line)) return [];
    const indent = indentOf(line);
    let first = at;
    while (first > 0 && (/^\s*[)}\]]/.test(code[first] ?? "") || indentOf(code[first] ?? "") > indent)) first -= 1;
    let last = at;
    for (let next = at + 1; next < code.length; next += 1) {
      const text = code[next] ?? "";
      if (text !== "" && indentOf(text) <= indent) {
        if (/^\s*[)}\]]/.test(text)) last = next;
        break;
      }
      if (text !== "") last = next;
    }
    return [{ line: first + 1, lines: last - first + 1, head: (original[first] ?? "").trim() }];
  });
};
