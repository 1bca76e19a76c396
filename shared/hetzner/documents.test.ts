import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { camelKeys } from "./camel.ts";
import { classifyAction } from "./classify.ts";
import { errorTable } from "./error-table.ts";
import { actionAnswer, actionSchema } from "./schemas/action.ts";
import { primaryIpSchema } from "./schemas/primary-ip.ts";
import { createdServerSchema } from "./schemas/server.ts";
import { sshKeyAnswer } from "./schemas/ssh-key.ts";

// Hetzner's published document is an optional neighbour of the repository: too large and not ours to commit.
const file = new URL("../../../shared/hetzner/openapi-2026-06.json", import.meta.url);
const absent = existsSync(file) ? "" : " (SKIPPED: no ../shared/hetzner/openapi-2026-06.json beside the repository)";

const answerSchema = z.object({
  content: z.optional(
    z.record(z.string(), z.object({ examples: z.optional(z.record(z.string(), z.object({ value: z.unknown() }))) })),
  ),
});
const operationSchema = z.object({ responses: z.optional(z.record(z.string(), answerSchema)) });
const documentSchema = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });

interface Example {
  readonly name: string;
  readonly value: unknown;
}

/** Every example answer of the document, named `POST /servers 201`. */
function readExamples(text: string): Example[] {
  const { paths } = documentSchema.parse(JSON.parse(text));
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, raw]) => {
      const { responses = {} } = operationSchema.safeParse(raw).data ?? {};
      return Object.entries(responses).flatMap(([status, { content = {} }]) =>
        Object.values(content).flatMap(({ examples = {} }) =>
          Object.values(examples).map(({ value }) => ({ name: `${method.toUpperCase()} ${path} ${status}`, value })),
        ),
      );
    }),
  );
}

describe.skipIf(absent !== "")(`Hetzner's document${absent}`, () => {
  const text = absent === "" ? readFileSync(file, "utf8") : "";
  const examples = absent === "" ? readExamples(text) : [];
  const value = (name: string) => camelKeys(examples.find((example) => example.name === name)?.value);

  it("has an example of a create that the schema takes, follow-up actions included", () => {
    const created = createdServerSchema.parse(value("POST /servers 201"));
    expect(created.action.command).toBe("create_server");
    expect(created.nextActions.map(({ command }) => command)).toEqual(["start_server"]);
    // The document's own defect: errors on running actions. They are no failure.
    expect(created.action.error).not.toBeNull();
    expect(classifyAction(created.action)).toBeNull();
  });

  it("has examples of all other answers that the schemas take", () => {
    expect(sshKeyAnswer.parse(value("PUT /ssh_keys/{id} 200")).sshKey.id).toBe(2323);
    const created = z.object({ primaryIp: primaryIpSchema }).parse(value("POST /primary_ips 201"));
    expect(created.primaryIp.type).toBe("ipv6");
    const listed = z.object({ actions: z.array(actionSchema) }).parse(value("GET /servers/{id}/actions 200"));
    expect(listed.actions).not.toEqual([]);
  });

  it("has examples of server actions, all of which the schema takes", () => {
    const actions = examples.filter(({ name }) => /^POST \/servers\/\{id\}\/actions\/\w+ 201$/.test(name));
    expect(actions.length).toBeGreaterThan(15);
    const refused = actions.filter((example) => !z.safeParse(actionAnswer, camelKeys(example.value)).success);
    expect(refused.map(({ name }) => name)).toEqual([]);
  });

  it("lists no error code that the table lacks", () => {
    const known = new Set(errorTable.map((row) => row.code));
    const described = new Set([...text.matchAll(/\| *`([a-z][a-z0-9_]+)` *\|/g)].map(([, code = ""]) => code));
    expect([...described].filter((code) => known.has(code)).length).toBeGreaterThan(40);
    // The fields of the error object stand in a table of the same form.
    expect([...described].filter((code) => !known.has(code))).toEqual(["code", "message", "details"]);
  });
});
