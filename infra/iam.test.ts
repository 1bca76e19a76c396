import { describe, expect, it } from "vitest";
import * as z from "zod";
import { functionNames } from "./bundling.ts";
import { secretNames } from "./secret-access.ts";
import { type Grant, grantsOf, synthesize } from "./synthesized.ts";

const { data, service } = synthesize("prod");
const grants = grantsOf(service);
const text = (value: unknown) => JSON.stringify(value);

const matches = (pattern: string, name: string) =>
  new RegExp(`^${pattern.replace(/[.+?^$()|[\]\\{}]/g, "\\$&").replaceAll("*", ".*")}$`).test(name);

/** Roles whose policies let `action` reach something whose template text ends in `resource`. */
const whoMay = (action: string, resource: string): string[] => {
  const allows = ({ Effect, Action, Resource }: Grant) =>
    Effect === "Allow" &&
    Action.some((pattern) => matches(pattern, action)) &&
    Resource.some((one) => one === "*" || text(one).includes(resource));
  return [...new Set(grants.filter(allows).map(({ role }) => role))].sort();
};

const token = `:secret:${secretNames.token}`;
const sshKey = `:secret:${secretNames["ssh-key"]}`;

describe("who reaches the secrets", () => {
  it("lets exactly providers, worker and sweeper read the token", () => {
    expect(whoMay("secretsmanager:GetSecretValue", token)).toEqual(["providers", "sweeper", "worker"]);
  });

  it("lets exactly worker, node-check and node-watch read the SSH key", () => {
    expect(whoMay("secretsmanager:GetSecretValue", sshKey)).toEqual(["node-check", "node-watch", "worker"]);
  });

  it.each([
    ["CreateSecret", token, ["providers"]],
    ["DeleteSecret", token, ["providers", "sweeper"]],
    ["CreateSecret", sshKey, ["providers"]],
    ["DescribeSecret", sshKey, ["providers"]],
    ["DeleteSecret", sshKey, []],
    ["PutSecretValue", token, []],
    ["UpdateSecret", token, []],
    ["BatchGetSecretValue", token, []],
  ])("lets %s of %s only %j", (action, resource, roles) => {
    expect(whoMay(`secretsmanager:${action}`, resource)).toEqual(roles);
  });

  it("names no secret but those two kinds, each whole", () => {
    const resources = grants.filter(({ Action }) => Action.some((name) => name.startsWith("secretsmanager:")));
    const names = resources.flatMap(({ Resource }) => Resource.map((one) => text(one).replace(/^.*:(secret:)/, "$1")));
    expect([...new Set(names)].sort()).toEqual([
      `secret:${secretNames["ssh-key"]}"]]}`,
      `secret:${secretNames.token}"]]}`,
    ]);
  });

  it("lets only those who reach a secret use its key, and only through Secrets Manager", () => {
    const onKey = grants.filter(({ Resource }) => Resource.some((one) => text(one).includes("SecretsKey")));
    expect([...new Set(onKey.map(({ role }) => role))].sort()).toEqual([
      "node-check",
      "node-watch",
      "providers",
      "sweeper",
      "worker",
    ]);
    for (const { Condition } of onKey)
      expect(Condition.StringEquals?.["kms:ViaService"]).toBe("secretsmanager.eu-central-1.amazonaws.com");
  });

  it("binds the use of the key for reading to the kind of secret that may be read", () => {
    const kindsOf = (name: string) =>
      grants
        .filter(({ role, Condition }) => role === name && Condition.StringLike !== undefined)
        .map(({ Condition }) => text(Condition.StringLike?.["kms:EncryptionContext:SecretARN"]));
    for (const name of ["node-check", "node-watch"]) expect(kindsOf(name)).toEqual([expect.stringContaining(sshKey)]);
    expect(kindsOf("sweeper")).toEqual([expect.stringContaining(token)]);
    expect(kindsOf("worker")).toEqual([expect.stringContaining(token), expect.stringContaining(sshKey)]);
  });
});

describe("who reaches the table", () => {
  const onTable = grants.filter(({ Action }) => Action.some((name) => name.startsWith("dynamodb:")));
  const leadingKeys = z.array(z.string());
  const keysOf = ({ Condition }: Grant) =>
    leadingKeys.parse([Condition["ForAllValues:StringLike"]?.["dynamodb:LeadingKeys"]].flat());
  const mayTouch = (role: string, action: string, partition: string) =>
    onTable.some(
      (grant) =>
        grant.role === role &&
        grant.Action.includes(`dynamodb:${action}`) &&
        keysOf(grant).some((pattern) => matches(pattern, partition)),
    );
  const whoTouches = (action: string, partition: string) =>
    functionNames.filter((name) => mayTouch(name, action, partition)).sort();

  it("limits every statement to partitions, and refuses a request without keys", () => {
    expect(new Set(onTable.map(({ role }) => role))).toEqual(new Set(functionNames));
    for (const grant of onTable) {
      expect(keysOf(grant)).not.toHaveLength(0);
      expect(grant.Condition.Null).toEqual({ "dynamodb:LeadingKeys": "false" });
    }
  });

  it("grants no scan, no batch and no statement language to anyone", () => {
    const actions = new Set(onTable.flatMap(({ Action }) => Action));
    expect([...actions].sort()).toEqual(
      ["ConditionCheckItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"].map(
        (name) => `dynamodb:${name}`,
      ),
    );
  });

  const anyAction = ["GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"];

  it.each(["OPERATOR", "OPERATOR#1", "SESSION#1", "TOKEN#1", "TOKENS", "LOGIN#a@b.c"])(
    "keeps worker, sweeper and node-watch from %s altogether",
    (partition) => {
      for (const action of anyAction)
        expect(["worker", "sweeper", "node-watch"].filter((role) => mayTouch(role, action, partition))).toEqual([]);
    },
  );

  it.each(["SITE#1", "SITES", "SLUG#shop", "ENVIRONMENT#1", "ENVIRONMENTS#1", "BACKUP#1", "BACKUPS#1"])(
    "keeps all who have no business with sites from %s",
    (partition) => {
      const strangers = ["auth", "providers", "nodes", "node-watch", "sweeper"];
      for (const action of anyAction) expect(strangers.filter((role) => mayTouch(role, action, partition))).toEqual([]);
    },
  );

  it("lets node-watch write nothing but nodes", () => {
    for (const action of ["PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"]) {
      const partitions = ["NODE#1", "JOB#1", "SITE#1", "NAME#1", "PROVIDER#1", "SECRET#1", "AUDIT#1", "INSTALLATION"];
      expect(partitions.filter((partition) => mayTouch("node-watch", action, partition))).toEqual(
        action === "UpdateItem" ? ["NODE#1"] : [],
      );
    }
  });

  it("lets every API function see who calls, and only auth change it", () => {
    const api = ["auth", "jobs", "node-check", "nodes", "providers", "sites"];
    for (const partition of ["SESSION#1", "TOKEN#1"]) {
      expect(whoTouches("GetItem", partition)).toEqual(api);
      for (const action of ["PutItem", "UpdateItem", "DeleteItem"])
        expect(whoTouches(action, partition)).toEqual(["auth"]);
    }
  });

  it("shows the operator's password hash to auth alone", () => {
    expect(whoTouches("GetItem", "OPERATOR#1")).toEqual(["auth"]);
    expect(whoTouches("Query", "OPERATOR#1")).toEqual(["auth"]);
  });

  it.each([
    ["PutItem", "NODE#1", ["nodes", "sweeper", "worker"]],
    ["UpdateItem", "NODE#1", ["jobs", "node-check", "node-watch", "nodes", "sites", "sweeper", "worker"]],
    ["DeleteItem", "NODE#1", ["sweeper", "worker"]],
    ["PutItem", "JOB#1", ["nodes", "sites", "sweeper", "worker"]],
    ["UpdateItem", "JOB#1", ["jobs", "nodes", "sweeper", "worker"]],
    ["PutItem", "NAME#web-1", ["nodes", "sweeper", "worker"]],
    ["DeleteItem", "NAME#web-1", ["jobs", "sweeper", "worker"]],
    ["PutItem", "PROVIDER#hetzner", ["providers", "sweeper", "worker"]],
    ["PutItem", "AUDIT#1", ["auth", "jobs", "node-check", "nodes", "providers", "sites", "sweeper", "worker"]],
    ["GetItem", "SITE#1", ["jobs", "node-check", "sites", "worker"]],
    ["PutItem", "SITE#1", ["sites", "worker"]],
    ["UpdateItem", "SITE#1", ["jobs", "node-check", "sites", "worker"]],
    ["DeleteItem", "SITE#1", ["jobs", "worker"]],
    ["PutItem", "SLUG#shop", ["sites", "worker"]],
    ["DeleteItem", "SLUG#shop", ["jobs", "worker"]],
    ["PutItem", "ENVIRONMENT#1", ["sites", "worker"]],
    ["UpdateItem", "ENVIRONMENT#1", ["jobs", "node-check", "sites", "worker"]],
    ["DeleteItem", "ENVIRONMENT#1", ["worker"]],
    ["GetItem", "BACKUP#1", ["jobs", "sites", "worker"]],
    ["PutItem", "BACKUP#1", ["sites", "worker"]],
    ["UpdateItem", "BACKUP#1", ["jobs", "worker"]],
    ["DeleteItem", "BACKUP#1", ["worker"]],
  ])("lets %s of %s only %j", (action, partition, roles) => {
    expect(whoTouches(action, partition)).toEqual(roles);
  });

  it("lets the table's key be used only through DynamoDB", () => {
    const onKey = grants.filter(({ Resource }) => Resource.some((one) => text(one).includes("TableKey")));
    expect(new Set(onKey.map(({ role }) => role))).toEqual(new Set(functionNames));
    for (const { Condition } of onKey)
      expect(Condition).toEqual({ StringEquals: { "kms:ViaService": "dynamodb.eu-central-1.amazonaws.com" } });
  });
});

describe("who reaches the queue", () => {
  it("lets nodes, sites, jobs, worker and sweeper send, and the worker alone take", () => {
    expect(whoMay("sqs:SendMessage", "Jobs")).toEqual(["jobs", "nodes", "sites", "sweeper", "worker"]);
    expect(whoMay("sqs:ReceiveMessage", "Jobs")).toEqual(["worker"]);
    expect(whoMay("sqs:DeleteMessage", "Jobs")).toEqual(["worker"]);
    expect(whoMay("sqs:PurgeQueue", "Jobs")).toEqual([]);
  });
});

describe("who reaches the bucket", () => {
  const onBuckets = grants.filter(({ Action }) => Action.some((name) => name.startsWith("s3:")));

  it("is the worker alone", () => {
    expect(new Set(onBuckets.map(({ role }) => role))).toEqual(new Set(["worker"]));
  });

  it("and it may store, read and give up uploads there, but not remove what is stored or change the bucket", () => {
    expect(onBuckets.flatMap(({ Action }) => Action).sort()).toEqual([
      "s3:AbortMultipartUpload",
      "s3:GetObject",
      "s3:ListBucket",
      "s3:PutObject",
    ]);
    for (const { Resource } of onBuckets) for (const one of Resource) expect(text(one)).toContain("Artifacts");
  });

  it("reaches nothing there but backups", () => {
    const objects = onBuckets.filter(({ Action }) => Action.includes("s3:PutObject"));
    const resources = objects.flatMap(({ Resource }) => Resource.map(text));
    expect(resources).toHaveLength(1);
    expect(resources[0]).toMatch(/\/backups\/\*"\]\]\}$/);
  });
});

describe("wildcards", () => {
  it("stand in no action and for no whole resource of any role", () => {
    for (const { Action, Resource } of grants) {
      expect(Action.filter((name) => name.includes("*"))).toEqual([]);
      expect(Resource).not.toContain("*");
    }
  });

  it("stand inside a resource only where its name is made at run time", () => {
    const open = grants.flatMap(({ Resource }) => Resource.map(text).filter((one) => one.includes("*")));
    const unavoidable = [
      // Keys of objects in the one bucket.
      "ExportsOutputFnGetAttArtifacts",
      // Secrets are named by installation and id when they are made.
      `:secret:${secretNames.token}`,
      `:secret:${secretNames["ssh-key"]}`,
    ];
    expect(open.filter((one) => !unavoidable.some((name) => one.includes(name)))).toEqual([]);
  });

  it("stand in policies of resources only for the account's own key administration", () => {
    const statements = z.array(z.object({ Effect: z.string(), Action: z.unknown(), Principal: z.unknown() }).loose());
    const keyPolicy = z.object({ Properties: z.object({ KeyPolicy: z.object({ Statement: statements }) }) });
    const keys = Object.values(data.findResources("AWS::KMS::Key")).map(
      (key) => keyPolicy.parse(key).Properties.KeyPolicy,
    );
    // AWS requires it: a key whose policy shuts out its account can never be managed again. It grants no role anything.
    for (const { Statement } of keys) {
      const open = Statement.filter(({ Action }) => text(Action).includes("*"));
      expect(open.map(({ Action }) => Action)).toEqual(["kms:*"]);
      expect(text(open[0]?.Principal)).toMatch(/:root"/);
    }
    const queuePolicies = text(service.findResources("AWS::SQS::QueuePolicy"));
    expect(queuePolicies).toContain('"aws:SecureTransport":"false"');
    expect(queuePolicies).not.toContain('"Effect":"Allow"');
  });

  it("come in by no managed policy", () => {
    const roles = service.findResources("AWS::IAM::Role");
    expect(Object.keys(roles)).toHaveLength(functionNames.length);
    expect(text(roles)).not.toContain("ManagedPolicyArns");
  });
});
