/** What the environment tells a smoke. Values are never repeated in an error: most of them are secrets. */
import * as z from "zod";

/** How to prove who calls. */
export type Credentials =
  | { readonly kind: "password"; readonly email: string; readonly password: string }
  | { readonly kind: "token"; readonly token: string };

/** A running deployment. */
export interface Target {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly credentials: Credentials;
  /** null: the provider must be connected already. */
  readonly providerToken: string | null;
}

/** Seconds. */
export interface Budgets {
  /** Until the local cloud answers; the first time on a machine it builds an image. */
  readonly start: number;
  /** One request with its repetitions. */
  readonly request: number;
  /** A server ordered, reached and provisioned, or removed. */
  readonly node: number;
  /** Any other job. Three attempts with pauses of 1 and 5 minutes fit in. */
  readonly job: number;
  /** Until a page shows what it should. */
  readonly preview: number;
}

export interface Settings {
  /** null: start a local cloud. */
  readonly target: Target | null;
  readonly budgets: Budgets;
  /** What a new node is; what is left out is the deployment's default. */
  readonly nodeChoice: { readonly server_type?: string; readonly location?: string; readonly image?: string };
}

/** The environment is not enough to start with; the message names variables and no values. */
export class SettingsRefused extends Error {
  override name = "SettingsRefused";
}

const seconds = (otherwise: number) =>
  z
    .string()
    .regex(/^\d{1,6}$/, "must be a number of seconds")
    .transform(Number)
    .pipe(z.number().min(1, "must be at least 1"))
    .default(otherwise);

const isHere = (host: string): boolean => /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(host);

const baseUrl = z
  .url({ protocol: /^https?$/, error: "must be an address that begins with https:// (or http:// on this machine)" })
  .transform((text) => new URL(text))
  .refine(({ protocol, hostname }) => protocol === "https:" || isHere(hostname), {
    error: "must begin with https://: secrets are sent there",
  })
  .refine(({ username, password, search }) => username + password + search === "", {
    error: "must hold no user, password or query",
  })
  .transform(({ origin, pathname }) => (origin + pathname).replace(/\/+$/, ""));

const environmentSchema = z.object({
  BASE_URL: baseUrl.optional(),
  OPERATOR_EMAIL: z.string().optional(),
  OPERATOR_PASSWORD: z.string().optional(),
  API_TOKEN: z.string().optional(),
  PROVIDER_API_TOKEN: z.string().optional(),
  SMOKE_START_SECONDS: seconds(1_200),
  SMOKE_REQUEST_SECONDS: seconds(90),
  SMOKE_NODE_SECONDS: seconds(2_700),
  SMOKE_JOB_SECONDS: seconds(1_500),
  SMOKE_PREVIEW_SECONDS: seconds(120),
  SMOKE_SERVER_TYPE: z.string().max(64).optional(),
  SMOKE_LOCATION: z.string().max(64).optional(),
  SMOKE_IMAGE: z.string().max(64).optional(),
});
type Values = z.output<typeof environmentSchema>;

/** Variables that a child of ours must not inherit. */
export const secretNames = ["OPERATOR_PASSWORD", "API_TOKEN", "PROVIDER_API_TOKEN"] as const;

/** Reads the environment; a variable that is empty counts as not there. Throws `SettingsRefused`. */
export const parseSettings = (environment: Readonly<Record<string, string | undefined>>): Settings => {
  const present = Object.entries(environment).filter(([, value]) => value !== undefined && value !== "");
  const parsed = environmentSchema.safeParse(Object.fromEntries(present));
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`);
    throw new SettingsRefused(`${faults.join("; ")}.`);
  }
  return { target: readTarget(parsed.data), budgets: readBudgets(parsed.data), nodeChoice: readChoice(parsed.data) };
};

const readTarget = (values: Values): Target | null => {
  if (values.BASE_URL === undefined) return null;
  const providerToken = values.PROVIDER_API_TOKEN ?? null;
  return { baseUrl: values.BASE_URL, credentials: readCredentials(values), providerToken };
};

const readCredentials = ({ API_TOKEN, OPERATOR_EMAIL, OPERATOR_PASSWORD }: Values): Credentials => {
  if (API_TOKEN !== undefined) return { kind: "token", token: API_TOKEN };
  if (OPERATOR_EMAIL !== undefined && OPERATOR_PASSWORD !== undefined) {
    return { kind: "password", email: OPERATOR_EMAIL, password: OPERATOR_PASSWORD };
  }
  throw new SettingsRefused("With BASE_URL, set OPERATOR_EMAIL and OPERATOR_PASSWORD, or API_TOKEN.");
};

const readBudgets = (values: Values): Budgets => ({
  start: values.SMOKE_START_SECONDS,
  request: values.SMOKE_REQUEST_SECONDS,
  node: values.SMOKE_NODE_SECONDS,
  job: values.SMOKE_JOB_SECONDS,
  preview: values.SMOKE_PREVIEW_SECONDS,
});

const readChoice = ({ SMOKE_SERVER_TYPE, SMOKE_LOCATION, SMOKE_IMAGE }: Values): Settings["nodeChoice"] => ({
  ...(SMOKE_SERVER_TYPE === undefined ? {} : { server_type: SMOKE_SERVER_TYPE }),
  ...(SMOKE_LOCATION === undefined ? {} : { location: SMOKE_LOCATION }),
  ...(SMOKE_IMAGE === undefined ? {} : { image: SMOKE_IMAGE }),
});
