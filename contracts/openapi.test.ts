import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { buildYaml, readExamples } from "../scripts/contract.ts";
import { type ApiErrorCode, apiErrorStatus } from "./errors.ts";
import { apiError } from "./models.ts";
import { type OperationShape, operations } from "./operations.ts";

const text = await buildYaml();
const record = z.record(z.string(), z.unknown());
const document = record.parse(parse(text));
const shapes = Object.entries<OperationShape>(operations);

/** What stands at a JSON pointer of the document; undefined when nothing does. */
const resolve = (pointer: string): unknown => {
  let at: unknown = document;
  for (const part of pointer.replace(/^#\//, "").split("/")) {
    const parsed = record.safeParse(at);
    at = parsed.success ? parsed.data[part.replaceAll("~1", "/").replaceAll("~0", "~")] : undefined;
  }
  return at;
};

const findRefs = (value: unknown): string[] => {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name === "$ref" && typeof inner === "string" ? [inner] : findRefs(inner),
  );
};

const operationSchema = z.strictObject({
  operationId: z.string(),
  summary: z.string().min(1),
  tags: z.array(z.string()).length(1),
  security: z.array(z.never()).length(0).optional(),
  parameters: z.array(record).optional(),
  requestBody: z
    .strictObject({ required: z.literal(true), content: z.strictObject({ "application/json": record }) })
    .optional(),
  responses: z.record(z.string().regex(/^[245]\d\d$/), record),
});
const operationOf = ({ path, method }: OperationShape) =>
  operationSchema.parse(resolve(`#/paths/${path.replaceAll("/", "~1")}/${method.toLowerCase()}`));

it("is what is committed", () => {
  expect(readFileSync(new URL("openapi.yaml", import.meta.url), "utf8")).toBe(text);
});

describe("the document", () => {
  it("has the parts of OpenAPI 3.1", () => {
    const known = ["openapi", "info", "servers", "security", "paths", "components"];
    expect(Object.keys(document)).toEqual(known);
    expect(document.openapi).toMatch(/^3\.1\.\d$/);
    expect(document.info).toMatchObject({ title: expect.any(String), version: expect.any(String) });
  });

  it("points at nothing that is not there", () => {
    const refs = [...new Set(findRefs(document))];
    expect(refs.length).toBeGreaterThan(15);
    expect(refs.filter((ref) => resolve(ref) === undefined)).toEqual([]);
  });

  it("names every operation once, and no other", () => {
    const paths = z
      .record(z.string(), z.record(z.string(), z.object({ operationId: z.string() })))
      .parse(document.paths);
    const named = Object.values(paths).flatMap((path) => Object.values(path).map(({ operationId }) => operationId));
    expect(named.sort()).toEqual(Object.keys(operations).sort());
  });

  it("names its components as OpenAPI allows", () => {
    const components = z.record(z.string(), record).parse(document.components);
    const names = Object.values(components).flatMap(Object.keys);
    expect(names.filter((name) => !/^[A-Za-z0-9._-]+$/.test(name))).toEqual([]);
  });

  it("holds schemas that a validator of JSON Schema 2020-12 takes, and that take the examples", async () => {
    const ajv = new Ajv2020({ strict: false, formats: { uuid: true, "date-time": true } });
    ajv.addSchema({ $id: "doc", components: document.components });
    const validate = (name: string) => ajv.compile({ $ref: `doc#/components/schemas/${name}` });
    const examples = await readExamples();
    const cases = {
      CreateNodeRequest: "createNode.request",
      Node: "getNode.answer",
      Job: "getJob.answer",
      Metrics: "getMetrics.answer",
    };
    for (const [name, example] of Object.entries(cases)) expect(validate(name)(examples[example]), name).toBe(true);
    expect(validate("Error")({ code: "no_such_code", message: "" })).toBe(false);
    for (const name of Object.keys(record.parse(resolve("#/components/schemas"))))
      expect(() => validate(name)).not.toThrow();
  });
});

it("refuses unknown fields in requests and lets answers grow", () => {
  expect(resolve("#/components/schemas/CreateNodeRequest")).toHaveProperty("additionalProperties", false);
  expect(resolve("#/components/schemas/Node")).not.toHaveProperty("additionalProperties");
});

describe.each(shapes)("%s", (id, shape) => {
  const operation = operationOf(shape);
  const names = (operation.parameters ?? []).map(({ name, $ref }) => name ?? $ref);

  it("has its parameters, body and answer", () => {
    const inPath = [...shape.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const key = shape.method === "POST" && shape.status === 202 ? ["#/components/parameters/IdempotencyKey"] : [];
    expect(operation.operationId).toBe(id);
    expect(names).toEqual([...inPath, ...Object.keys(shape.query?.shape ?? {}), ...key]);
    expect(operation.requestBody !== undefined).toBe(shape.body !== undefined);
    expect(operation.responses[shape.status]).toMatchObject({ description: shape.summary });
  });

  it("says who may call it", () => {
    expect(operation.security).toEqual(shape.public ? [] : undefined);
  });

  it("lists its errors under their statuses, and an unexpected one too", () => {
    const codes: ApiErrorCode[] = ["bad_request", "unauthorized", "internal", ...(shape.errors ?? [])];
    for (const code of codes) {
      const { $ref, description } = record.parse(operation.responses[apiErrorStatus[code]]);
      expect($ref).toBe("#/components/responses/Error");
      expect(description).toContain(`\`${code}\``);
    }
  });

  it("announces the headers of its answer", () => {
    const { headers } = z.object({ headers: record.optional() }).parse(operation.responses[shape.status]);
    expect(Object.keys(headers ?? {}).includes("Location")).toBe(shape.status === 202);
    expect(Object.keys(headers ?? {}).includes("Link")).toBe(shape.paged === true);
  });
});

describe("an example", async () => {
  const schemaOf = (name: string): z.ZodType | undefined => {
    const [id, part] = name.split(".");
    if (id === "error") return apiError;
    const shape = shapes.find(([operation]) => operation === id)?.[1];
    return part === "request" ? shape?.body : shape?.answer;
  };
  it.each(Object.entries(await readExamples()))("is what its schema says: %s", (name, value) => {
    expect(schemaOf(name)?.parse(value)).toEqual(value);
  });

  it.each(shapes.filter(([, { body }]) => body))("is there for the body of %s", async (id) => {
    expect(await readExamples()).toHaveProperty([`${id}.request`]);
  });
});
