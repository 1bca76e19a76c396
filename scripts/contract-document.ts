/** The contract's tables as an OpenAPI 3.1 document: plain data, the same for the same tables. */
import * as z from "zod";
import { type ApiErrorCode, apiErrorStatus } from "../contracts/errors.ts";
import { apiError } from "../contracts/models.ts";
import { type OperationShape, operations } from "../contracts/operations.ts";

/** Values by name: `<operation>.request`, `<operation>.answer`, `error.<code>`. */
export type Examples = Readonly<Record<string, unknown>>;
type Json = Record<string, unknown>;

const isNoise = (name: string, value: unknown, node: Json): boolean =>
  ["$schema", "$id", "id"].includes(name) ||
  // The formats say as much, and readably.
  (name === "pattern" && (node.format === "date-time" || node.format === "uuid")) ||
  // Every integer has these bounds in JavaScript.
  value === Number.MAX_SAFE_INTEGER ||
  value === Number.MIN_SAFE_INTEGER;

const tidy = ({ jsonSchema }: { jsonSchema: Json }): void => {
  for (const [name, value] of Object.entries({ ...jsonSchema })) {
    if (isNoise(name, value, jsonSchema)) delete jsonSchema[name];
  }
};

const toJson = (schema: z.ZodType): Json => {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { override: tidy, io: "output" });
  return json;
};

const refTo = (name: string) => ({ $ref: `#/components/schemas/${name}` });

/** Requests with unknown fields are refused, but answers may grow: clients must not refuse what they do not know. */
const tidyAnswer = (given: { jsonSchema: Json }): void => {
  tidy(given);
  if (given.jsonSchema.additionalProperties === false) delete given.jsonSchema.additionalProperties;
};

const nameOf = (schema: z.ZodType | undefined) => schema && z.globalRegistry.get(schema)?.id;
const requestNames = new Set(Object.values<OperationShape>(operations).map(({ body }) => nameOf(body)));

/** Every schema of the models that has a name, each pointing to the others. */
const buildSchemas = (): Json => {
  const convert = (override: typeof tidy) =>
    z.toJSONSchema(z.globalRegistry, { override, uri: (id) => refTo(id).$ref });
  const requests = convert(tidy).schemas;
  const named = Object.entries(convert(tidyAnswer).schemas).map(([name, answer]) => {
    const { $schema: _, $id: __, ...schema } = (requestNames.has(name) ? requests[name] : undefined) ?? answer;
    return [name, schema];
  });
  return Object.fromEntries(named);
};

const schemaOf = (schema: z.ZodType): Json => {
  const name = nameOf(schema);
  if (name !== undefined) return refTo(name);
  return schema instanceof z.ZodArray && schema.element instanceof z.ZodType
    ? { type: "array", items: schemaOf(schema.element) }
    : toJson(schema);
};

const jsonContent = (schema: z.ZodType, example: unknown): Json => ({
  "application/json": { schema: schemaOf(schema), ...(example === undefined ? {} : { example }) },
});

// --- Parameters ---

const fieldsOf = (object: z.ZodObject | undefined, place: "path" | "query"): Json[] =>
  Object.entries(object?.shape ?? {}).map(([name, field]) => {
    const { description, ...schema } = toJson(field);
    const required = place === "path" || !field.safeParse(undefined).success;
    return { name, in: place, required, ...(description ? { description } : {}), schema };
  });

const takesKey = ({ method, status }: OperationShape): boolean => method === "POST" && status === 202;

const parametersOf = (operation: OperationShape): Json[] => [
  ...fieldsOf(operation.params, "path"),
  ...fieldsOf(operation.query, "query"),
  ...(takesKey(operation) ? [{ $ref: "#/components/parameters/IdempotencyKey" }] : []),
];

const idempotencyKey = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description:
    "The same key and body within 24 hours answers with the first job; the same key with another body is `idempotency_mismatch`",
  schema: { type: "string", minLength: 1, maxLength: 255, pattern: "^[\\x21-\\x7e]+$" },
};

// --- Answers ---

const headersOf = ({ status, paged }: OperationShape): Json => ({
  ...(status === 202 ? { Location: { $ref: "#/components/headers/Location" } } : {}),
  ...(paged ? { Link: { $ref: "#/components/headers/Link" } } : {}),
});

const headers = {
  Location: { description: "`/api/jobs/{job_id}`", schema: { type: "string" } },
  Link: { description: '`<...>; rel="next"` when there is a next page', schema: { type: "string" } },
  SessionCookie: {
    description: "`session_token`: HttpOnly, SameSite=Strict, Secure outside plain-http localhost, 24 hours",
    schema: { type: "string" },
  },
};
const setsCookie = new Set(["login", "logout"]);

/** What every operation may answer, beside what is its own. */
const commonErrors = ({ public: isPublic, method }: OperationShape): ApiErrorCode[] => [
  "bad_request",
  "unauthorized",
  ...(isPublic || method === "GET" ? [] : (["forbidden"] as const)),
  "payload_too_large",
  "unsupported_media_type",
  "internal",
];

const errorsOf = (operation: OperationShape): Json => {
  const codes = [...new Set([...commonErrors(operation), ...(operation.errors ?? [])])];
  const statuses = [...new Set(codes.map((code) => apiErrorStatus[code]))].sort((a, b) => a - b);
  return Object.fromEntries(
    statuses.map((status) => {
      const named = codes.filter((code) => apiErrorStatus[code] === status).map((code) => `\`${code}\``);
      return [String(status), { $ref: "#/components/responses/Error", description: named.join(", ") }];
    }),
  );
};

const answerOf = (id: string, operation: OperationShape, examples: Examples): Json => {
  const named = {
    ...headersOf(operation),
    ...(setsCookie.has(id) ? { "Set-Cookie": { $ref: "#/components/headers/SessionCookie" } } : {}),
  };
  return {
    description: operation.summary,
    ...(Object.keys(named).length > 0 ? { headers: named } : {}),
    content: jsonContent(operation.answer, examples[`${id}.answer`]),
  };
};

// --- Operations ---

/** What a reader looks under: the function's name, but for the one that holds whatever needs SSH at once. */
const tagOf = ({ function: name, path }: OperationShape): string => {
  if (name !== "node-check") return name;
  return path.startsWith("/api/nodes/") ? "nodes" : "sites";
};

const buildOperation = (id: string, operation: OperationShape, examples: Examples): Json => {
  const parameters = parametersOf(operation);
  const content = operation.body && jsonContent(operation.body, examples[`${id}.request`]);
  return {
    operationId: id,
    summary: operation.summary,
    tags: [tagOf(operation)],
    ...(operation.public ? { security: [] } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(content ? { requestBody: { required: true, content } } : {}),
    responses: { [operation.status]: answerOf(id, operation, examples), ...errorsOf(operation) },
  };
};

const buildPaths = (examples: Examples): Json => {
  const paths: Record<string, Json> = {};
  for (const [id, operation] of Object.entries<OperationShape>(operations)) {
    const built = buildOperation(id, operation, examples);
    paths[operation.path] = { ...paths[operation.path], [operation.method.toLowerCase()]: built };
  }
  return paths;
};

const errorExamples = (examples: Examples): Json =>
  Object.fromEntries(
    Object.entries(examples)
      .filter(([name]) => name.startsWith("error."))
      .map(([name, value]) => [name.slice("error.".length), { value }]),
  );

const description = `JSON, snake_case; ids are UUIDs (version 7), times ISO-8601 in UTC. Long work answers 202 with a job.
Lists are arrays, newest first; the next page is in the Link header. Unknown fields and unknown query parameters are refused.
An unknown address is a 404 (\`not_found\`), a wrong method a 405 (\`method_not_allowed\`) with Allow, both in the shape of Error.
Answers that the gateway makes itself (its 429, 413, 500 and 503) carry only \`message\`.
A write with the session cookie is refused (403) when it comes from another site or its body is not application/json.`;

/** Throws when a schema cannot be said in JSON Schema. */
export const buildDocument = (examples: Examples, version: string): Json => ({
  openapi: "3.1.0",
  info: { title: "Pressluft", version, description, license: { name: "MIT", identifier: "MIT" } },
  servers: [{ url: "/" }],
  security: [{ session: [] }, { apiToken: [] }],
  paths: buildPaths(examples),
  components: {
    securitySchemes: {
      session: { type: "apiKey", in: "cookie", name: "session_token" },
      apiToken: { type: "http", scheme: "bearer", description: "An API token: POST /api/tokens" },
    },
    parameters: { IdempotencyKey: idempotencyKey },
    headers,
    responses: {
      Error: {
        description: "What went wrong: clients switch on `code`",
        headers: {
          "Retry-After": { description: "Seconds to wait; with `rate_limited`", schema: { type: "integer" } },
        },
        content: { "application/json": { schema: schemaOf(apiError), examples: errorExamples(examples) } },
      },
    },
    schemas: buildSchemas(),
  },
});
