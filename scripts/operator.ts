/**
 * Makes the operator, or gives the operator a new password: prints it once and stores its hash.
 *
 *   npm run operator -- create --email a@b.c
 *   npm run operator -- reset [--email a@b.c]
 *
 * The table is the running local stack's, unless `--table` (with `--endpoint`, `--region`) or TABLE_NAME names another;
 * credentials are then the AWS SDK's own.
 */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import * as z from "zod";
import { hashPassword } from "../functions/auth/password.ts";
import { normaliseEmail } from "../shared/domain/login.ts";
import { findOperator, forgetLoginTries, putOperator } from "../shared/store/auth.ts";
import { makeDynamoTable } from "../shared/store/dynamo-table.ts";
import type { Table } from "../shared/store/table.ts";

export interface OperatorDeps {
  /** Epoch milliseconds. */
  readonly nowMs: number;
  /** That many random bytes. */
  random(sizeBytes: number): Uint8Array;
}

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

/** For the person at the terminal: shown as it is. */
export class OperatorRefused extends Error {
  override name = "OperatorRefused";
}

const emailSchema = z.email().max(254);
const parseEmail = (text: string): string => {
  const parsed = emailSchema.safeParse(normaliseEmail(text));
  if (!parsed.success) throw new OperatorRefused("--email is not an e-mail address");
  return parsed.data;
};

/** 24 characters of 64 kinds: 144 bits. */
const makePassword = ({ random }: OperatorDeps): string => Buffer.from(random(18)).toString("base64url");

/** Throws `OperatorRefused` when there is an operator already. */
export const createOperator = async (
  table: Table,
  { email, ...deps }: OperatorDeps & { readonly email: string },
): Promise<Credentials> => {
  const credentials = { email: parseEmail(email), password: makePassword(deps) };
  const passwordHash = await hashPassword(credentials.password, deps.random);
  const change = { before: undefined, email: credentials.email, passwordHash, nowMs: deps.nowMs };
  if (await putOperator(table, change)) return credentials;
  throw new OperatorRefused("there is an operator already; for a new password: npm run operator -- reset");
};

/** A new password, and all sessions ended; API tokens stay. Throws `OperatorRefused` when there is no operator. */
export const resetOperator = async (
  table: Table,
  { email, ...deps }: OperatorDeps & { readonly email?: string | undefined },
): Promise<Credentials> => {
  const before = await findOperator(table);
  if (before === undefined) {
    throw new OperatorRefused("there is no operator yet; make one: npm run operator -- create --email you@example.org");
  }
  const credentials = { email: email === undefined ? before.email : parseEmail(email), password: makePassword(deps) };
  const passwordHash = await hashPassword(credentials.password, deps.random);
  const change = { before, email: credentials.email, passwordHash, nowMs: deps.nowMs };
  if (!(await putOperator(table, change))) throw new OperatorRefused("somebody else did the same just now; try again");
  await forgetLoginTries(table, credentials.email);
  return credentials;
};

// --- The command ---

interface Place {
  readonly table: string;
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  readonly isLocal?: boolean;
}

const stackFile = new URL("../.local/stack.json", import.meta.url);
const stackSchema = z.object({
  aws_endpoint: z.url(),
  table_name: z.string().min(1),
  aws_region: z.string().optional(),
});

const readLocalStack = async (): Promise<Place | undefined> => {
  const text = await readFile(stackFile, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const parsed = stackSchema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new OperatorRefused(".local/stack.json does not name aws_endpoint and table_name");
  const { aws_endpoint: endpoint, table_name: table, aws_region: region = "eu-central-1" } = parsed.data;
  return { table, endpoint, region, isLocal: true };
};

const options = {
  email: { type: "string" },
  table: { type: "string" },
  endpoint: { type: "string" },
  region: { type: "string" },
} as const;
type Flags = { readonly [name in keyof typeof options]?: string | undefined };

const findPlace = async ({ table, endpoint, region }: Flags): Promise<Place> => {
  if (table !== undefined) return { table, endpoint, region };
  const stack = await readLocalStack();
  if (stack !== undefined) return stack;
  const { TABLE_NAME } = process.env;
  if (TABLE_NAME) return { table: TABLE_NAME, endpoint, region };
  throw new OperatorRefused("no table: start the local stack (npm start), give --table NAME, or set TABLE_NAME");
};

const openTable = ({ table: tableName, endpoint, region, isLocal }: Place): Table => {
  const client = new DynamoDBClient({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 3000, requestTimeout: 10_000, throwOnRequestTimeout: true },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    // The emulator asks for some and takes any.
    ...(isLocal ? { credentials: { accessKeyId: "test", secretAccessKey: "test" } } : {}),
  });
  return makeDynamoTable({ client, tableName, sleep: (ms) => sleep(ms), random: Math.random });
};

const usage =
  "usage: npm run operator -- create --email EMAIL | reset [--email EMAIL]  [--table T] [--endpoint URL] [--region R]";

const readArgs = (args: readonly string[]) => {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch {
    throw new OperatorRefused(usage);
  }
};

const run = async (args: readonly string[]): Promise<void> => {
  const { values, positionals } = readArgs(args);
  const [command] = positionals;
  if (positionals.length !== 1 || (command !== "create" && command !== "reset")) throw new OperatorRefused(usage);
  if (command === "create" && values.email === undefined) throw new OperatorRefused(usage);
  const place = await findPlace(values);
  const deps = { nowMs: Date.now(), random: randomBytes };
  const table = openTable(place);
  const { email, password } =
    command === "create"
      ? await createOperator(table, { ...deps, email: values.email ?? "" })
      : await resetOperator(table, { ...deps, email: values.email });
  console.error(
    `table ${place.table}${place.endpoint ? ` at ${place.endpoint}` : ""}; the password is shown this once`,
  );
  console.log(`email:    ${email}\npassword: ${password}`);
};

if (import.meta.main) {
  run(process.argv.slice(2)).catch((error: unknown) => {
    const message = error instanceof Error ? error.message || error.name : "failed";
    console.error(error instanceof OperatorRefused ? message : `the table could not be read or written: ${message}`);
    process.exitCode = 1;
  });
}
