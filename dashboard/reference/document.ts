/**
 * The OpenAPI document as far as ours goes. Strict on purpose: a word that the page does not know how to show stops the build,
 * instead of being left out.
 */
import * as z from "zod";

const refTo = <P extends string>(place: P) => z.templateLiteral([`#/components/${place}/`, z.string().regex(/^\w+$/)]);

const typeName = z.enum(["string", "number", "integer", "boolean", "object", "array", "null"]);

const schema = z.strictObject({
  $ref: refTo("schemas").optional(),
  type: z.union([typeName, z.array(typeName)]).optional(),
  description: z.string().optional(),
  enum: z.array(z.string()).optional(),
  const: z.union([z.string(), z.boolean()]).optional(),
  default: z.union([z.string(), z.number(), z.boolean()]).optional(),
  format: z.enum(["uuid", "date-time", "uri", "email"]).optional(),
  pattern: z.string().optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  required: z.array(z.string()).optional(),
  /** `false`: unknown fields are refused; a schema: any field. */
  additionalProperties: z.union([z.literal(false), z.strictObject({})]).optional(),
  propertyNames: z.strictObject({ type: z.literal("string") }).optional(),
  get items() {
    return schema.optional();
  },
  get properties() {
    return z.record(z.string(), schema).optional();
  },
  get anyOf() {
    return z.array(schema).optional();
  },
});
export type Schema = z.output<typeof schema>;

const header = z.strictObject({ description: z.string(), schema });
const parameter = z.strictObject({
  name: z.string(),
  in: z.enum(["path", "query", "header"]),
  required: z.boolean(),
  description: z.string().optional(),
  schema,
});
export type Parameter = z.output<typeof parameter>;

const examples = z.record(z.string(), z.strictObject({ value: z.json() }));
const content = z.strictObject({
  "application/json": z.strictObject({ schema, example: z.json().optional(), examples: examples.optional() }),
});

const answer = z.strictObject({
  description: z.string(),
  headers: z.record(z.string(), z.strictObject({ $ref: refTo("headers") })).optional(),
  content,
});
export type Answer = z.output<typeof answer>;
/** Every refusal has one form; the description names its codes. */
const refusal = z.strictObject({ $ref: z.literal("#/components/responses/Error"), description: z.string() });

const operation = z.strictObject({
  operationId: z.string().regex(/^\w+$/),
  summary: z.string(),
  tags: z.tuple([z.string()]),
  /** Absent: as the document says; empty: open to anybody. */
  security: z.tuple([]).optional(),
  parameters: z.array(z.union([parameter, z.strictObject({ $ref: refTo("parameters") })])).optional(),
  requestBody: z.strictObject({ required: z.literal(true), content }).optional(),
  responses: z.record(z.string().regex(/^\d{3}$/), z.union([refusal, answer])),
});
export type Operation = z.output<typeof operation>;

const methods = ["get", "post", "put", "patch", "delete"] as const;
export type Method = (typeof methods)[number];

const securityScheme = z.strictObject({
  type: z.enum(["apiKey", "http"]),
  in: z.literal("cookie").optional(),
  name: z.string().optional(),
  scheme: z.literal("bearer").optional(),
  description: z.string().optional(),
});

const document = z.strictObject({
  openapi: z.literal("3.1.0"),
  info: z.strictObject({
    title: z.string(),
    version: z.string(),
    description: z.string(),
    license: z.strictObject({ name: z.string(), identifier: z.string() }),
  }),
  servers: z.tuple([z.strictObject({ url: z.literal("/") })]),
  security: z.array(z.record(z.string(), z.tuple([]))),
  paths: z.record(z.string(), z.partialRecord(z.enum(methods), operation)),
  components: z.strictObject({
    securitySchemes: z.record(z.string(), securityScheme),
    parameters: z.record(z.string(), parameter),
    headers: z.record(z.string(), header),
    responses: z.strictObject({
      Error: z.strictObject({ description: z.string(), headers: z.record(z.string(), header), content }),
    }),
    schemas: z.record(z.string(), schema),
  }),
});
export type Document = z.output<typeof document>;

/** Throws, naming the place, when the document says what the page could not show. */
export const parseDocument = (value: unknown): Document => document.parse(value);

/** An operation with where it is. */
export interface Call extends Operation {
  readonly method: Method;
  readonly path: string;
}

/** All operations, in the document's order. */
export const callsOf = ({ paths }: Document): Call[] =>
  Object.entries(paths).flatMap(([path, byMethod]) =>
    methods.flatMap((method) => {
      const found = byMethod[method];
      return found === undefined ? [] : [{ ...found, method, path }];
    }),
  );

/** The last part of a reference: the name of what it leads to. */
export const nameIn = (ref: string): string => ref.slice(ref.lastIndexOf("/") + 1);

/** What a name leads to. Throws when it leads nowhere. */
export const followed = <T>(table: Readonly<Record<string, T>>, ref: string): T => {
  const found = table[nameIn(ref)];
  if (found === undefined) throw new Error(`${ref} leads nowhere`);
  return found;
};

/** The codes that a refusal's description names. */
export const codesIn = (description: string): string[] =>
  [...description.matchAll(/`([a-z_]+)`/g)].map(([, code = ""]) => code);
