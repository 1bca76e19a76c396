/** Every operation of the contract is described in a document and asked for by a test of its function. */
import { type OperationShape, operations } from "../../contracts/operations.ts";
import { isTestCode, type RepositoryFile } from "./files.ts";

export interface Traced {
  readonly operation: string;
  readonly method: string;
  readonly path: string;
}

export const tracedOperations: readonly Traced[] = Object.entries<OperationShape>(operations).map(
  ([operation, { method, path }]) => ({ operation, method, path }),
);

/** Does a test ask for it: by its handler's name, or by its method and address? */
export const isAskedFor = (text: string, { operation, method, path }: Traced): boolean => {
  const address = path.replace(/\{\w+\}/g, "[^\"'`/]+");
  const request = new RegExp(`["']${method}["'],?\\s*(path: )?["'\`]${address}["'\`]`);
  return new RegExp(`\\b${operation}\\b`).test(text) || request.test(text);
};

/** Does a document name it, as `POST /api/sites/{id}/reset`? What the hole is called does not matter. */
export const isDocumented = (text: string, { method, path }: Traced): boolean => {
  const address = path.replace(/\{\w+\}/g, "\\{\\w+\\}");
  return new RegExp(`\\b${method} ${address}(?![/\\w{-])`).test(text);
};

const isDocument = (path: string): boolean => path === "docs/api-contract.md" || /^docs\/features\/.*\.md$/.test(path);
const isFunctionTest = (path: string): boolean => /^functions\/(?!http\/).*\.ts$/.test(path) && isTestCode(path);

const textsOf = (files: readonly RepositoryFile[], belongs: (path: string) => boolean): readonly string[] =>
  files.filter(({ path }) => belongs(path)).map(({ text }) => text());

/** Operations that no document names. */
export const findUndocumented = (files: readonly RepositoryFile[]): readonly Traced[] => {
  const texts = textsOf(files, isDocument);
  return tracedOperations.filter((traced) => !texts.some((text) => isDocumented(text, traced)));
};

/** Operations that no test of their function asks for. */
export const findUntested = (files: readonly RepositoryFile[]): readonly Traced[] => {
  const texts = textsOf(files, isFunctionTest);
  return tracedOperations.filter((traced) => !texts.some((text) => isAskedFor(text, traced)));
};
