/** Is a document of OpenAPI what the tables of the contract say? Read back from the file, not from what generates it. */

import * as z from "zod";
import { type ApiErrorCode, apiErrorStatus } from "../../contracts/errors.ts";
import type { OperationShape } from "../../contracts/operations.ts";

const record = z.record(z.string(), z.unknown());
const documentSchema = z.object({
  paths: z.record(
    z.string(),
    z.record(z.string(), z.object({ operationId: z.string(), responses: z.record(z.string(), z.unknown()) })),
  ),
});

type Shapes = Readonly<Record<string, OperationShape>>;

const routeOf = ({ method, path }: Pick<OperationShape, "method" | "path">): string => `${method} ${path}`;

/** What is wrong: one clause each. `document` is the parsed file. */
export const judgeContract = (document: unknown, shapes: Shapes): string[] => {
  const parsed = documentSchema.safeParse(document);
  if (!parsed.success) return ["it is no OpenAPI document with paths and operations"];
  const found = new Map<string, Described>(
    Object.entries(parsed.data.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const),
    ),
  );
  const wanted = new Set<string>(Object.values(shapes).map(routeOf));
  const unknown = [...found.keys()].filter((route) => !wanted.has(route)).map((route) => `${route} is in no table`);
  const missing = Object.entries(shapes).flatMap(([id, shape]) => judgeOperation(id, shape, found.get(routeOf(shape))));
  return [...unknown, ...missing, ...findDeadRefs(document)];
};

interface Described {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, unknown>>;
}

const judgeOperation = (id: string, shape: OperationShape, found: Described | undefined): string[] => {
  if (found === undefined) return [`${routeOf(shape)} is missing`];
  const codes: readonly ApiErrorCode[] = ["bad_request", "unauthorized", "internal", ...(shape.errors ?? [])];
  const statuses = [...new Set([shape.status, ...codes.map((code) => apiErrorStatus[code])])];
  const untold = statuses.filter((status) => !(String(status) in found.responses));
  return [
    ...(found.operationId === id ? [] : [`${routeOf(shape)} is called ${found.operationId} instead of ${id}`]),
    ...untold.map((status) => `${routeOf(shape)} does not tell of ${status}`),
  ];
};

const findDeadRefs = (document: unknown): string[] => {
  const refs = [...new Set(findRefs(document))];
  return refs.filter((ref) => resolve(document, ref) === undefined).map((ref) => `${ref} points at nothing`);
};

const findRefs = (value: unknown): string[] => {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name === "$ref" && typeof inner === "string" ? [inner] : findRefs(inner),
  );
};

/** What stands at a JSON pointer of this document. */
const resolve = (document: unknown, ref: string): unknown =>
  ref
    .replace(/^#\//, "")
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce<unknown>((at, part) => record.safeParse(at).data?.[part], document);
