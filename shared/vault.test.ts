import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { expect, it } from "vitest";
import * as z from "zod";
import { describeVault } from "./vault.contract.ts";
import { makeMemoryVault, makeVault } from "./vault.ts";

const makeNames = () => {
  let count = 0;
  return () => `test/secret-${++count}`;
};

const input = z.object({
  Name: z.string().optional(),
  SecretId: z.string().optional(),
  SecretString: z.string().optional(),
  Description: z.string().optional(),
  KmsKeyId: z.string().optional(),
  ForceDeleteWithoutRecovery: z.boolean().optional(),
});
type Input = z.infer<typeof input>;

const answer = (statusCode: number, body: unknown) => ({
  response: {
    statusCode,
    headers: { "content-type": "application/x-amz-json-1.1" },
    body: new Blob([JSON.stringify(body)]).stream(),
  },
});
const refused = (type: string) => answer(400, { __type: type, Message: `no: ${type}` });

/** Secrets Manager at the wire, as far as the vault speaks with it. */
const makeWire = () => {
  const secrets = new Map<string, Input & { marked?: true }>();
  const calls: { operation: string; input: Input }[] = [];
  const operations: Record<string, (given: Input) => ReturnType<typeof answer>> = {
    CreateSecret: (given) => {
      const name = given.Name ?? "";
      if (secrets.has(name)) return refused("ResourceExistsException");
      secrets.set(name, given);
      return answer(200, { Name: name });
    },
    GetSecretValue: ({ SecretId = "" }) => {
      const found = secrets.get(SecretId);
      if (found?.marked) return refused("InvalidRequestException");
      return found ? answer(200, { SecretString: found.SecretString }) : refused("ResourceNotFoundException");
    },
    DescribeSecret: ({ SecretId = "" }) => {
      const found = secrets.get(SecretId);
      return found ? answer(200, { Description: found.Description }) : refused("ResourceNotFoundException");
    },
    DeleteSecret: ({ SecretId = "", ForceDeleteWithoutRecovery }) => {
      if (!ForceDeleteWithoutRecovery) return refused("InvalidParameterException");
      return secrets.delete(SecretId) ? answer(200, { Name: SecretId }) : refused("ResourceNotFoundException");
    },
  };
  const handle = async (request: { headers: Record<string, string>; body?: unknown }) => {
    const operation = request.headers["x-amz-target"]?.split(".")[1] ?? "";
    const given = input.parse(JSON.parse(new TextDecoder().decode(z.instanceof(Uint8Array).parse(request.body))));
    calls.push({ operation, input: given });
    return operations[operation]?.(given) ?? refused("AccessDeniedException");
  };
  const client = new SecretsManagerClient({
    region: "eu-central-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
    requestHandler: { handle },
  });
  return { client, calls, secrets, operations };
};

describeVault("memory", makeMemoryVault, makeNames());
describeVault("Secrets Manager's wire format", () => makeVault({ client: makeWire().client }), makeNames());

it("encrypts under the key it was given", async () => {
  const wire = makeWire();
  await makeVault({ client: wire.client, kmsKeyId: "our-key" }).create("name", "value", { description: "" });
  expect(wire.calls.map((call) => call.input.KmsKeyId)).toEqual(["our-key"]);
});

it("treats a secret that somebody marked for deletion as gone", async () => {
  const wire = makeWire();
  wire.secrets.set("name", { SecretString: "value", marked: true });
  expect(await makeVault({ client: wire.client }).read("name")).toBeUndefined();
});

it("does not take a denied call for an absent secret", async () => {
  const wire = makeWire();
  const denied = () => refused("AccessDeniedException");
  Object.assign(wire.operations, { GetSecretValue: denied, DeleteSecret: denied, CreateSecret: denied });
  const vault = makeVault({ client: wire.client });
  for (const call of [
    vault.read("name"),
    vault.destroy("name"),
    vault.create("name", "canary-value", { description: "" }),
  ]) {
    const error: unknown = await call.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "AccessDeniedException" });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain("canary-value");
  }
});

it("lists the names of the secrets in memory", async () => {
  const vault = makeMemoryVault();
  await vault.create("b", "1", { description: "" });
  await vault.create("a", "2", { description: "" });
  expect(vault.names()).toEqual(["a", "b"]);
});
