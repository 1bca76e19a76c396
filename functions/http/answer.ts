/** Answers as API Gateway takes them (payload format 2.0). */
import { jobAccepted } from "../../contracts/models.ts";
import type { OperationId } from "../../contracts/operations.ts";
import type { Answer } from "./call.ts";
import type { Route } from "./route.ts";

export interface HttpResponse {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly cookies?: string[];
  readonly body: string;
}

/** A link within this site, as the browser and the SPA see it: nobody behind a gateway knows its own address. */
const nextLink = (path: string, query: object, cursor: string): string => {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...query, cursor })) {
    if (value !== undefined) search.set(name, String(value));
  }
  return `<${path}?${search}>; rel="next"`;
};

const locationOf = (route: Route, answer: Answer<OperationId>, body: unknown): string | undefined =>
  route.operation.status === 202 ? `/api/jobs/${jobAccepted.parse(body).job_id}` : answer.location;

/** Throws when the body is not what the contract says: nothing that it does not declare leaves. */
export const presentAnswer = (
  route: Route,
  { path, query, answer }: { path: string; query: unknown; answer: Answer<OperationId> },
): HttpResponse => {
  const body = route.operation.answer.parse(answer.body);
  const location = locationOf(route, answer, body);
  const link = answer.nextCursor === undefined ? undefined : nextLink(path, Object(query), answer.nextCursor);
  const headers = { ...answer.headers, ...(location && { location }), ...(link && { link }) };
  const cookies = answer.cookies && { cookies: [...answer.cookies] };
  return { statusCode: route.operation.status, headers, ...cookies, body: JSON.stringify(body) };
};
