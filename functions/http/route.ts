/** Which operation a request is for, by the contract's table. */
import { type OperationId, type OperationShape, operations } from "../../contracts/operations.ts";
import { ApiProblem } from "./problem.ts";

export interface Route {
  readonly id: OperationId;
  readonly operation: OperationShape;
  /** As they stand in the path, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
}

const isOperationId = (id: string): id is OperationId => Object.hasOwn(operations, id);
export const operationIds: readonly OperationId[] = Object.keys(operations).filter(isOperationId);

const shapeOf = (id: OperationId): OperationShape => operations[id];
const patterns = operationIds.map((id) => ({ id, operation: shapeOf(id), segments: shapeOf(id).path.split("/") }));

const decode = (segment: string): string => {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
};

const match = (pattern: readonly string[], path: readonly string[]): Record<string, string> | undefined => {
  if (pattern.length !== path.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, segment] of pattern.entries()) {
    const given = path[index] ?? "";
    if (segment.startsWith("{") && given !== "") params[segment.slice(1, -1)] = decode(given);
    else if (segment !== given) return undefined;
  }
  return params;
};

/** Throws `not_found` for an unknown path and `method_not_allowed`, with `Allow`, for a known one. */
export const findRoute = (method: string, path: string): Route => {
  const segments = path.split("/");
  const here = patterns.flatMap((pattern) => {
    const params = match(pattern.segments, segments);
    return params === undefined ? [] : [{ ...pattern, params }];
  });
  const found = here.find(({ operation }) => operation.method === method);
  if (found) return { id: found.id, operation: found.operation, params: found.params };
  if (here.length === 0) throw new ApiProblem("not_found", "There is nothing at this address.");
  const allow = here.map(({ operation }) => operation.method).join(", ");
  throw new ApiProblem("method_not_allowed", `Allowed here: ${allow}.`, { headers: { allow } });
};
