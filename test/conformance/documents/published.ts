import { existsSync, readFileSync } from "node:fs";
import { Ajv, type ValidateFunction } from "ajv";
import type { Defect, Node, Place } from "./document-defects.ts";
import type { Exchange } from "./wire-tap.ts";

/** Hetzner's documents are an optional neighbour of the repository: too large, and not ours to commit. */
const folder = new URL("../../../../shared/hetzner/", import.meta.url);
export const documentNames = ["openapi-2026-06.json", "openapi-2026-02.json"] as const;

/** The parsed document; null where there is none. */
export function readDocument(name: (typeof documentNames)[number]): unknown {
  const file = new URL(name, folder);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : null;
}

/** One line on what is not there and where it belongs; null when nothing is missing. */
export function missingDocuments(): string | null {
  const names = documentNames.filter((name) => !existsSync(new URL(name, folder)));
  return names.length === 0
    ? null
    : `Hetzner's documents are not beside the checkout: ../shared/hetzner/${names.join(", ")}`;
}

/** What is wrong with an exchange, one sentence each; nothing is good. */
export type Check = (exchange: Exchange) => readonly string[];

export interface CheckOptions {
  readonly document: unknown;
  readonly defects: readonly Defect[];
  /** Whether fields that the document does not name are faults. */
  readonly isClosed: boolean;
}

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && !Array.isArray(value);
const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((node, key) => (isNode(node) ? node[key] : undefined), value);

const ajv = new Ajv({ strict: false, allErrors: true, formats: { int32: true, int64: true, double: true, xfs: true } });
ajv.addFormat("date-time", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/);
ajv.addFormat("decimal", /^-?\d+(\.\d+)?$/);

/** Makes the check of one document. */
export function makeCheck(options: CheckOptions): Check {
  const compiled = new Map<string, ValidateFunction | null>();
  const operations = readOperations(options.document);
  const validatorOf = (place: Omit<Place, "name" | "node">, schema: unknown, key: string): ValidateFunction | null => {
    const name = `${place.operation} ${place.part} ${key}`;
    const known = compiled.get(name);
    if (known !== undefined) return known;
    const made = isNode(schema) ? ajv.compile(Object(mend(options, { ...place, name: "" }, schema))) : null;
    compiled.set(name, made);
    return made;
  };
  return (exchange) => {
    const found = operations.find(({ method, pattern }) => method === exchange.method && pattern.test(exchange.path));
    if (found === undefined) return [`${exchange.method} ${exchange.path} is not in the document`];
    const { operation, node } = found;
    const query = querySchema(options.document, node);
    const body = at(resolve(options.document, at(node, "requestBody")), "content", "application/json", "schema");
    return [
      ...faults(validatorOf({ operation, part: "query" }, query, ""), readQuery(exchange.query, query), "query"),
      ...requestFaults(exchange, body === undefined ? null : validatorOf({ operation, part: "request" }, body, "")),
      ...responseFaults(exchange, (key) =>
        validatorOf({ operation, part: "response" }, responseSchema(options.document, node, key), key),
      ),
    ].map((fault) => `${operation} ${exchange.status}: ${fault}`);
  };
}

interface Operation {
  readonly operation: string;
  readonly method: string;
  readonly pattern: RegExp;
  readonly node: unknown;
}

/** Fixed paths come before those with `{id}`, so that `/servers/actions` is not taken for a server. */
function readOperations(document: unknown): Operation[] {
  const paths = Object.entries(Object(at(document, "paths"))).sort(
    ([a], [b]) => a.split("{").length - b.split("{").length,
  );
  return paths.flatMap(([path, methods]) =>
    Object.entries(Object(methods)).map(([method, node]) => ({
      operation: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      pattern: new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}$`),
      node,
    })),
  );
}

function resolve(document: unknown, node: unknown): unknown {
  const reference = at(node, "$ref");
  return typeof reference === "string" ? resolve(document, at(document, ...reference.slice(2).split("/"))) : node;
}

/** The schema with every given defect mended, references followed, and only the keywords that JSON schema knows. */
function mend(options: CheckOptions, place: Omit<Place, "node">, schema: unknown): unknown {
  const raw = resolve(options.document, schema);
  if (Array.isArray(raw)) return raw.map((item) => mend(options, place, item));
  if (!isNode(raw)) return raw;
  let node: Node = raw;
  for (const defect of options.defects) if (defect.at({ ...place, node })) node = defect.mend(node);
  const isOpen = !options.isClosed || "additionalProperties" in node || "allOf" in node || !isNode(node.properties);
  const kept = Object.entries(node).filter(([key]) => !annotations.has(key));
  const mended = Object.fromEntries(kept.map(([key, value]) => [key, mendKeyword(options, place, key, value)]));
  const closed = isOpen ? mended : { ...mended, additionalProperties: false };
  // OpenAPI 3.0 has its own word for "or null".
  return node.nullable === true ? { anyOf: [closed, { type: "null" }] } : closed;
}

const annotations: ReadonlySet<string> = new Set(["example", "examples", "description", "title", "nullable"]);

/** Only below `properties` do keys name something; a property may well be called `description`. */
function mendKeyword(options: CheckOptions, place: Omit<Place, "node">, key: string, value: unknown): unknown {
  if (key === "enum" || key === "required" || key === "default") return value;
  if (key !== "properties" || !isNode(value)) return mend(options, { ...place, name: "*" }, value);
  const entries = Object.entries(value).map(([name, child]) => [name, mend(options, { ...place, name }, child)]);
  return Object.fromEntries(entries);
}

interface Parameter {
  readonly name: string;
  readonly required: boolean;
  readonly schema: unknown;
}

const parametersOf = (document: unknown, node: unknown): Parameter[] =>
  Object.values(Object(at(node, "parameters")))
    .map((each) => resolve(document, each))
    .filter((each) => at(each, "in") === "query")
    .map((each) => ({
      name: String(at(each, "name")),
      required: at(each, "required") === true,
      schema: resolve(document, at(each, "schema")),
    }));

function querySchema(document: unknown, node: unknown): Node {
  const parameters = parametersOf(document, node);
  return {
    type: "object",
    properties: Object.fromEntries(parameters.map(({ name, schema }) => [name, schema])),
    required: parameters.filter(({ required }) => required).map(({ name }) => name),
    additionalProperties: false,
  };
}

/** The query as the schema's types: lists repeat their key, numbers and truth values are written out. */
function readQuery(query: URLSearchParams, schema: Node): Node {
  const read = (text: string): unknown => (/^(true|false|-?\d{1,15})$/.test(text) ? JSON.parse(text) : text);
  const typeOf = (name: string): unknown => at(schema, "properties", name, "type");
  return Object.fromEntries(
    [...new Set(query.keys())].map((name) => {
      const all = query.getAll(name);
      const isText = typeOf(name) === "string";
      const values = all.map((text) => (isText ? text : read(text)));
      return [name, typeOf(name) === "array" || values.length > 1 || name === "sort" ? values : values[0]];
    }),
  );
}

function faults(validate: ValidateFunction | null, value: unknown, part: string): string[] {
  if (validate === null || validate(value)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${part}${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

function requestFaults({ requestBody, requestType }: Exchange, validate: ValidateFunction | null): string[] {
  if (requestBody === undefined) return requestType === null ? [] : ["the request has a type and no body"];
  if (validate === null) return ["the request has a body and the document none"];
  const typeFaults = requestType === "application/json" ? [] : [`the request is called ${requestType}`];
  return [...typeFaults, ...faults(validate, requestBody, "request")];
}

/** Errors are documented as `4xx` and `5xx` alone. */
const responseKey = (node: unknown, status: number): string =>
  at(node, "responses", String(status)) === undefined ? `${Math.floor(status / 100)}xx` : String(status);

function responseSchema(document: unknown, node: unknown, status: string): unknown {
  const answer = resolve(document, at(node, "responses", responseKey(node, Number(status))));
  if (answer === undefined) return undefined;
  return at(answer, "content", "application/json", "schema") ?? { not: {}, description: "no body" };
}

function responseFaults(exchange: Exchange, validatorOf: (status: string) => ValidateFunction | null): string[] {
  const { status, responseBody, responseType } = exchange;
  const validate = validatorOf(String(status));
  if (validate === null) return ["the document has no such answer"];
  if (responseBody === undefined) return status === 204 ? [] : ["the answer has no body"];
  const typeFaults = /^application\/json\b/.test(responseType ?? "") ? [] : [`the answer is called ${responseType}`];
  return [...typeFaults, ...faults(validate, responseBody, "answer")];
}
