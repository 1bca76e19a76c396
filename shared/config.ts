/**
 * What each Lambda function is told from outside, parsed once at cold start. The only place that reads the environment;
 * `infra/` gives each function exactly these variables, typed by the same schemas. Nothing here says where we run: the
 * local cloud differs by values alone. `AWS_ENDPOINT_URL` and `AWS_REGION` are read by the AWS SDK itself.
 */
import * as z from "zod";
import { wordpressSource } from "../contracts/wordpress-source.ts";

const flag = z.enum(["true", "false"]).transform((text) => text === "true");
const table = { TABLE_NAME: z.string().min(1) };
const queue = { QUEUE_URL: z.url() };
const session = { ...table, COOKIE_SECURE: flag };
const hetzner = { HETZNER_ENDPOINT: z.url() };
const secrets = { SECRETS_KEY_ID: z.string().min(1) };
const defaults = { DEFAULT_SERVER_TYPE: z.string(), DEFAULT_LOCATION: z.string(), DEFAULT_IMAGE: z.string() };
const ssh = { NODE_SSH_PORT: z.coerce.number().int().min(1).max(65535), NODE_SSH_USER: z.string().min(1) };

const jsonText = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue("is no JSON");
    return z.NEVER;
  }
});

const isPreviewDomain = (text: string): boolean => {
  const [domain = "", port, ...more] = text.split(":");
  const labels = domain.split(".");
  const areLabels = labels.every((label) => /^(\{ip\}|[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)$/.test(label));
  const isPort = port === undefined || /^[1-9]\d{0,4}$/.test(port);
  return areLabels && isPort && more.length === 0 && labels.filter((label) => label === "{ip}").length <= 1;
};

/**
 * What follows `<environment>.<site>.` in the host of a preview: a domain, in which one label may be `{ip}` for the node's
 * address with hyphens, and perhaps a port.
 */
export const previewDomain = z
  .string()
  .max(100)
  .refine(isPreviewDomain, "must be a domain like {ip}.example.org, with {ip} at most once");

/** Environment of each function, by its name. Values are text, as Lambda has them. */
export const environments = {
  auth: z.object({ ...session }),
  providers: z.object({ ...session, ...hetzner, ...secrets, ...defaults }),
  nodes: z.object({ ...session, ...queue, ...defaults, ...ssh }),
  "node-check": z.object({ ...session }),
  "node-watch": z.object({ ...table }),
  sites: z.object({ ...session, ...queue, PREVIEW_DOMAIN: previewDomain }),
  jobs: z.object({ ...session, ...queue }),
  worker: z.object({
    ...table,
    ...queue,
    ...hetzner,
    /** JSON. */
    WORDPRESS_SOURCE: jsonText.pipe(wordpressSource),
    ARTIFACTS_BUCKET: z.string().min(3).max(63),
    /** The address of S3 that nodes use: what they are given is signed for it. */
    ARTIFACTS_ENDPOINT: z.url({ protocol: /^https?$/ }),
  }),
  sweeper: z.object({ ...table, ...queue, ...hetzner, ...secrets, ...defaults }),
} as const;

export type FunctionName = keyof typeof environments;
export type Config<F extends FunctionName> = z.output<(typeof environments)[F]>;
/** What `infra/` must give a function, name by name, as text. */
export type Environment<F extends FunctionName> = { [K in keyof z.input<(typeof environments)[F]>]: string };

/** Throws, naming the variables but never their values, when the environment does not fit. */
export const readConfig = <S extends z.ZodObject>(environment: S): z.output<S> => {
  const parsed = environment.safeParse(process.env);
  if (parsed.success) return parsed.data;
  const names = parsed.error.issues.map((issue) => issue.path.join("."));
  throw new Error(`configuration: missing or wrong: ${names.join(", ")}`);
};

/** The numbers of the machinery, in one place; the reasons stand in docs/architecture.md. Units are in the names. */
export const limits = {
  workerTimeoutSeconds: 60,
  leaseSeconds: 75,
  visibilityTimeoutSeconds: 120,
  batchSize: 10,
  batchWindowSeconds: 1,
  workerMaxConcurrency: 10,
  maxReceiveCount: 5,
  maxLeasesWithoutSettle: 5,
  queueDelayMaxSeconds: 900,
  outsideWriteReserveSeconds: 30,
  overdueSeconds: 60,
  hetznerReadSeconds: 10,
  hetznerWriteSeconds: 20,
  sshConnectSeconds: 8,
  sshCommandSeconds: 15,
  /** A whole look over SSH; leaves the worker time to settle. */
  sshTotalSeconds: 23,
  syncCallSeconds: 8,
  syncTotalSeconds: 20,
  idempotencyHours: 24,
  catalogueFreshHours: 24,
  bodyMaxBytes: 64 * 1024,
} as const;

/** The bounds of one look over SSH, in milliseconds. */
export const sshLimits = {
  connectTimeoutMs: limits.sshConnectSeconds * 1000,
  commandTimeoutMs: limits.sshCommandSeconds * 1000,
  totalTimeoutMs: limits.sshTotalSeconds * 1000,
} as const;

/** The event of a line that names an error code of Hetzner which the SDK does not know: counted in CloudWatch, see infra. */
export const unknownProviderCode = "unknown_provider_code";
