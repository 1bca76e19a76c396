/**
 * What differs between the stages, as values: code asks for a value, never for the name of the stage. `dev` and `prod`
 * are fixed here; `local` takes what depends on the machine from the command line (`-c hetznerEndpoint=... -c sshPort=...
 * -c artifactsEndpoint=... -c previewDomain=...`).
 */
import * as z from "zod";
import { type WordpressSource, wordpressSource } from "../contracts/wordpress-source.ts";
import { previewDomain } from "../shared/config.ts";

export const stageNames = ["dev", "prod", "local"] as const;

export interface Stage {
  readonly name: (typeof stageNames)[number];
  readonly region: string;
  /** Base address of the Hetzner Cloud API, version included. */
  readonly hetznerEndpoint: string;
  /** False only where the browser speaks plain http to localhost. */
  readonly cookieSecure: boolean;
  readonly nodeSshPort: number;
  readonly nodeSshUser: string;
  /** What follows `<environment>.<site>.` in the address of a preview; `{ip}`: the node's, with hyphens. */
  readonly previewDomain: string;
  /** What nodes install. */
  readonly wordpress: WordpressSource;
  /** The address of S3 that nodes use. */
  readonly artifactsEndpoint: string;
  /** What the create form offers first. */
  readonly defaults: { readonly serverType: string; readonly location: string; readonly image: string };
  readonly logRetentionDays: 1 | 30 | 90;
  /** Data outlives its stack, and the stacks refuse to be deleted. */
  readonly retain: boolean;
  /** CloudFront delivers the dashboard; false where the local gateway does. */
  readonly hasCloudFront: boolean;
  /** The dashboard's own name; CloudFront's without it. */
  readonly dashboardName?: { readonly domain: string; readonly certificateArn: string };
  /** Who hears of alarms; nobody is mailed without it. */
  readonly alarmEmail?: string;
}

/** What the command line may say (`-c name=value`), all of it text. */
const contextSchema = z.object({
  stage: z.enum(stageNames, `give a stage: -c stage=${stageNames.join("|")}`),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "is no AWS region")
    .default("eu-central-1"),
  alarmEmail: z.email().optional(),
  dashboardDomain: z.hostname().optional(),
  // CloudFront reads certificates in one region only.
  dashboardCertificate: z
    .string()
    .regex(/^arn:aws:acm:us-east-1:\d{12}:certificate\/[\w-]+$/, "is no certificate in us-east-1")
    .optional(),
  hetznerEndpoint: z.url({ protocol: /^https?$/ }).optional(),
  sshPort: z.coerce.number().int().min(1).max(65535).optional(),
  artifactsEndpoint: z.url({ protocol: /^https?$/ }).optional(),
  previewDomain: previewDomain.optional(),
  wordpressUrl: z.string().optional(),
  wordpressSha256: z.string().optional(),
});
type Context = z.output<typeof contextSchema>;

const hetznerCloud = {
  hetznerEndpoint: "https://api.hetzner.cloud/v1",
  cookieSecure: true,
  nodeSshPort: 22,
  retain: true,
  hasCloudFront: true,
} as const;

const localOptions = ["hetznerEndpoint", "artifactsEndpoint", "previewDomain"];

const local = ({ hetznerEndpoint, sshPort, artifactsEndpoint, previewDomain }: Context) => {
  if (hetznerEndpoint === undefined || artifactsEndpoint === undefined || previewDomain === undefined)
    throw new Error(`the local stage needs ${localOptions.map((name) => `-c ${name}=...`).join(" ")}`);
  return {
    hetznerEndpoint,
    artifactsEndpoint,
    previewDomain,
    cookieSecure: false,
    nodeSshPort: sshPort ?? 2222,
    retain: false,
    hasCloudFront: false,
    logRetentionDays: 1,
  } as const;
};

const valuesOf = (context: Context) => {
  if (context.stage === "local") return local(context);
  // A real stage must not be pointed elsewhere by an option meant for the local one.
  const { hetznerEndpoint, sshPort, artifactsEndpoint } = context;
  if ([hetznerEndpoint, sshPort, artifactsEndpoint].some((value) => value !== undefined))
    throw new Error("hetznerEndpoint, sshPort and artifactsEndpoint are for the local stage only");
  return {
    ...hetznerCloud,
    // The regional address: with the global one the first requests to a new bucket are redirected, and nodes follow nothing.
    artifactsEndpoint: `https://s3.${context.region}.amazonaws.com`,
    previewDomain: context.previewDomain ?? "{ip}.sslip.io",
    logRetentionDays: context.stage === "prod" ? 90 : 30,
  } as const;
};

/** Throws when the address comes without the checksum, or the other way round. */
const wordpressOf = ({ wordpressUrl: url, wordpressSha256: sha256 }: Context): WordpressSource => {
  if (url === undefined && sha256 === undefined) return { kind: "package" };
  const parsed = wordpressSource.safeParse({ kind: "url", url, sha256 });
  if (parsed.success) return parsed.data;
  throw new Error(`-c wordpressUrl=... -c wordpressSha256=...: ${z.prettifyError(parsed.error)}`);
};

/** Throws when the name comes without its certificate, or the other way round. */
const dashboardNameOf = ({ dashboardDomain: domain, dashboardCertificate: certificateArn }: Context) => {
  if (domain === undefined && certificateArn === undefined) return {};
  if (domain === undefined || certificateArn === undefined)
    throw new Error("dashboardDomain and dashboardCertificate come together: a name needs its certificate");
  return { dashboardName: { domain, certificateArn } };
};

/** The stage that the command line asks for. Throws, saying which option is missing or wrong. */
export const readStage = (contextOf: (name: string) => unknown): Stage => {
  const names = Object.keys(contextSchema.shape);
  const parsed = contextSchema.safeParse(Object.fromEntries(names.map((name) => [name, contextOf(name)])));
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  const { stage, region, alarmEmail } = parsed.data;
  return {
    name: stage,
    region,
    nodeSshUser: "root",
    defaults: { serverType: "cx23", location: "nbg1", image: "debian-12" },
    wordpress: wordpressOf(parsed.data),
    ...valuesOf(parsed.data),
    ...dashboardNameOf(parsed.data),
    ...(alarmEmail === undefined ? {} : { alarmEmail }),
  };
};
