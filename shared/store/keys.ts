/** Every key of the table, in one place. IAM grants by these prefixes (`infra/`), so a new one needs a grant. */
import { createHash } from "node:crypto";
import type { Key } from "./table.ts";

export const sha256Hex = (text: string): string => createHash("sha256").update(text).digest("hex");

export const keys = {
  installation: (): Key => ({ pk: "INSTALLATION", sk: "INSTALLATION" }),
  provider: (providerId: string): Key => ({ pk: `PROVIDER#${providerId}`, sk: "CONNECTION" }),
  catalogue: (providerId: string): Key => ({ pk: `PROVIDER#${providerId}`, sk: "CATALOGUE" }),
  budget: (providerId: string): Key => ({ pk: `PROVIDER#${providerId}`, sk: "BUDGET" }),
  secret: (name: string): Key => ({ pk: `SECRET#${name}`, sk: "SECRET" }),
  node: (id: string): Key => ({ pk: `NODE#${id}`, sk: "NODE" }),
  tombstone: (nodeId: string): Key => ({ pk: `NODE#${nodeId}`, sk: "TOMBSTONE" }),
  nodeName: (name: string): Key => ({ pk: `NAME#${name}`, sk: "NAME" }),
  site: (id: string): Key => ({ pk: `SITE#${id}`, sk: "SITE" }),
  siteSlug: (slug: string): Key => ({ pk: `SLUG#${slug}`, sk: "SLUG" }),
  environment: (id: string): Key => ({ pk: `ENVIRONMENT#${id}`, sk: "ENVIRONMENT" }),
  backup: (id: string): Key => ({ pk: `BACKUP#${id}`, sk: "BACKUP" }),
  job: (id: string): Key => ({ pk: `JOB#${id}`, sk: "JOB" }),
  audit: (month: string, id: string): Key => ({ pk: `AUDIT#${month}`, sk: id }),
  idempotency: (scope: string): Key => ({ pk: `IDEMPOTENCY#${sha256Hex(scope)}`, sk: "KEY" }),
  operator: (): Key => ({ pk: "OPERATOR", sk: "OPERATOR" }),
  session: (hash: string): Key => ({ pk: `SESSION#${hash}`, sk: "SESSION" }),
  apiToken: (id: string): Key => ({ pk: `TOKEN#${id}`, sk: "TOKEN" }),
  loginTries: (email: string): Key => ({ pk: `LOGIN#${sha256Hex(email)}`, sk: "TRIES" }),
} as const;

/** Partitions of the two indexes. */
export const partitions = {
  nodes: "NODES",
  listedNodes: "NODES#LISTED",
  jobs: "JOBS",
  openJobs: "JOBS#OPEN",
  openTombstones: "TOMBSTONES#OPEN",
  secretsToFinish: "SECRETS#OPEN",
  apiTokens: "TOKENS",
  sites: "SITES",
} as const;

/** Partitions of one site or environment. */
export const environmentsOf = (siteId: string): string => `ENVIRONMENTS#${siteId}`;
export const backupsOf = (environmentId: string): string => `BACKUPS#${environmentId}`;
