/**
 * Who may touch which part of the one table. A partition key begins with its family's name, and so do the keys of the
 * two indexes; IAM compares both with `dynamodb:LeadingKeys`.
 */
import { PolicyStatement } from "aws-cdk-lib/aws-iam";

/** A family ends in `*` alone where its index partitions are named by its plural (`NODE#<id>`, `NODES`). */
const families = {
  OPERATOR: "OPERATOR*",
  SESSION: "SESSION#*",
  TOKEN: "TOKEN*",
  LOGIN: "LOGIN#*",
  PROVIDER: "PROVIDER*",
  INSTALLATION: "INSTALLATION*",
  SECRET: "SECRET*",
  NODE: "NODE*",
  JOB: "JOB*",
  NAME: "NAME#*",
  SITE: "SITE*",
  SLUG: "SLUG#*",
  ENVIRONMENT: "ENVIRONMENT*",
  BACKUP: "BACKUP*",
  TOMBSTONE: "TOMBSTONE*",
  IDEMPOTENCY: "IDEMPOTENCY#*",
  AUDIT: "AUDIT#*",
} as const;
export type Family = keyof typeof families;

const isFamily = (name: string): name is Family => Object.hasOwn(families, name);
const familyNames: readonly Family[] = Object.keys(families).filter(isFamily);

/** The family that a partition key belongs to; undefined for a key that no role may touch. Throws when two claim it. */
export const familyOf = (partition: string): Family | undefined => {
  const found = familyNames.filter((name) => partition.startsWith(families[name].slice(0, -1)));
  if (found.length > 1) throw new Error(`${partition} belongs to ${found.join(" and ")}`);
  return found[0];
};

/** A transaction is authorised by the right to each of its writes; `ConditionCheckItem` is one of them. */
export type TableAction = "GetItem" | "Query" | "PutItem" | "UpdateItem" | "DeleteItem" | "ConditionCheckItem";

export interface TableAccess {
  readonly actions: readonly TableAction[];
  readonly families: readonly Family[];
}

export const reads = ["GetItem", "Query"] as const satisfies TableAction[];
export const allActions = [
  ...reads,
  "PutItem",
  "UpdateItem",
  "DeleteItem",
  "ConditionCheckItem",
] as const satisfies TableAction[];

/** What the edge needs to know who calls. */
export const callerAccess: TableAccess = { actions: reads, families: ["SESSION", "TOKEN"] };

/** Servers, and all that is needed to have or be rid of them: what the worker and the sweeper work on. */
export const machineAccess: TableAccess = {
  actions: allActions,
  families: ["NODE", "JOB", "PROVIDER", "NAME", "AUDIT", "TOMBSTONE", "INSTALLATION", "SECRET", "IDEMPOTENCY"],
};

/** What is on a node, as the worker makes, changes and removes it. */
export const siteAccess: TableAccess = { actions: allActions, families: ["SITE", "SLUG", "ENVIRONMENT", "BACKUP"] };

/** What a look over SSH at nodes takes. */
export const nodeLookAccess: readonly TableAccess[] = [
  { actions: reads, families: ["NODE", "PROVIDER", "SECRET", "INSTALLATION"] },
  { actions: ["UpdateItem"], families: ["NODE"] },
];

const indexes = ["list", "work"] as const;

/**
 * One statement for one access. `ForAllValues` alone is true for a request without keys, hence the `Null` beside it
 * (AWS IAM, "Single-valued vs. multivalued context keys").
 */
export const tableStatement = (tableArn: string, access: TableAccess): PolicyStatement => {
  const overIndexes = access.actions.includes("Query") ? indexes.map((index) => `${tableArn}/index/${index}`) : [];
  return new PolicyStatement({
    actions: access.actions.map((action) => `dynamodb:${action}`),
    resources: [tableArn, ...overIndexes],
    conditions: {
      "ForAllValues:StringLike": { "dynamodb:LeadingKeys": access.families.map((family) => families[family]) },
      Null: { "dynamodb:LeadingKeys": "false" },
    },
  });
};

/**
 * DynamoDB uses the caller's right to the table's key on each call (AWS KMS, "How DynamoDB uses AWS KMS"); without it
 * every read and write is refused, although the table's own grant allows it.
 */
export const tableKeyStatement = (keyArn: string, region: string): PolicyStatement =>
  new PolicyStatement({
    actions: [
      "kms:Decrypt",
      "kms:Encrypt",
      "kms:GenerateDataKey",
      "kms:ReEncryptFrom",
      "kms:ReEncryptTo",
      "kms:DescribeKey",
    ],
    resources: [keyArn],
    conditions: { StringEquals: { "kms:ViaService": `dynamodb.${region}.amazonaws.com` } },
  });
