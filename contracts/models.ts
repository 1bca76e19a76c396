/** What the API sends and receives, as zod schemas: the source of the TypeScript types and of `openapi.yaml`. */
import * as z from "zod";
import { type ApiErrorCode, apiErrorStatus, errorReasons, jobErrorRetried, readinessReasons } from "./errors.ts";

const keysOf = <K extends string>(table: Record<K, unknown>): [K, ...K[]] => {
  const isKey = (key: string): key is K => Object.hasOwn(table, key);
  const [first, ...rest] = Object.keys(table).filter(isKey);
  if (first === undefined) throw new Error("an empty table has no keys");
  return [first, ...rest];
};

export const id = z.uuid().describe("UUID, version 7");
export const time = z.iso.datetime().describe("ISO-8601, UTC");
export const guidance = z.array(z.string()).describe("What a person should do next, in order");
const eurPerMonth = z.number().min(0).describe("EUR a month, VAT included, as Hetzner prices the chosen location");

/** The query of a page of a list. */
export const page = {
  limit: z.coerce.number().int().min(1).max(100).default(50).describe("Items a page"),
  cursor: z.string().min(1).max(1024).optional().describe("Opaque; from the Link header of the page before"),
};

export const providerIds = ["hetzner"] as const;
export const providerId = z.enum(providerIds);
export type ProviderId = z.infer<typeof providerId>;

export const errorReason = z.enum(errorReasons);
export const jobErrorCode = z.enum(keysOf(jobErrorRetried));

export const apiError = z
  .strictObject({
    code: z.enum(keysOf<ApiErrorCode>(apiErrorStatus)),
    message: z.string(),
    guidance: guidance.optional(),
    details: z.record(z.string(), z.unknown()).optional(),
    request_id: z.string().optional(),
  })
  .meta({ id: "Error" });
export type ApiError = z.infer<typeof apiError>;

export const success = z.strictObject({ success: z.literal(true) }).meta({ id: "Success" });

// --- Auth ---

export const loginRequest = z
  .strictObject({ email: z.string().min(1).max(254), password: z.string().min(1).max(1024) })
  .meta({ id: "LoginRequest" });

export const session = z.strictObject({ email: z.string(), expires_at: time }).meta({ id: "Session" });

export const createTokenRequest = z
  .strictObject({
    name: z.string().trim().min(1).max(100),
    expires_in_days: z.int().min(1).max(3650).optional().describe("Absent: the token does not expire"),
  })
  .meta({ id: "CreateTokenRequest" });

export const apiToken = z
  .strictObject({ id, name: z.string(), created_at: time, expires_at: time.nullable() })
  .meta({ id: "ApiToken" });

export const createdApiToken = apiToken
  .extend({ token: z.string().describe("Shown this once; stored only as a hash") })
  .meta({ id: "CreatedApiToken" });

// --- Providers ---

export const providerStatuses = ["connected", "degraded", "disconnected"] as const;
export const providerCapabilities = ["node_acquisition", "provider_health"] as const;

export const providerConnection = z
  .strictObject({
    provider_id: providerId,
    display_name: z.string(),
    status: z.enum(providerStatuses),
    status_reason: errorReason.nullable(),
    capabilities: z.array(z.enum(providerCapabilities)),
    secret_configured: z.boolean(),
    guidance,
    last_status_message: z.string(),
    connected_at: time.nullable(),
    last_checked_at: time.nullable(),
    updated_at: time,
    rate_limit: z.strictObject({ limit: z.int(), remaining: z.int() }).nullable(),
  })
  .meta({ id: "ProviderConnection" });
export type ProviderConnection = z.infer<typeof providerConnection>;

/** Visible ASCII, spaces and tabs: what may stand in an HTTP header. Nothing about a token's health is read off its shape. */
const headerSafe = /^[\t\x20-\x7e]+$/;

export const connectProviderRequest = z
  .strictObject({
    provider_id: providerId,
    api_token: z
      .string()
      .max(512)
      .regex(headerSafe, "must not be empty or hold line breaks or other characters that an HTTP header cannot carry"),
  })
  .meta({ id: "ConnectProviderRequest" });

const deprecation = z.strictObject({ announced: time, unavailable_after: time });

export const providerOptions = z
  .strictObject({
    provider_id: providerId,
    fetched_at: time.nullable().describe("null: the catalogue has not been fetched yet and the lists are empty"),
    locations: z.array(
      z.strictObject({
        name: z.string(),
        description: z.string(),
        country: z.string(),
        city: z.string(),
        network_zone: z.string(),
      }),
    ),
    server_types: z.array(
      z.strictObject({
        name: z.string(),
        description: z.string(),
        architecture: z.string(),
        cpu_type: z.string(),
        cores: z.number(),
        memory_gb: z.number(),
        disk_gb: z.number(),
        locations: z.array(
          z.strictObject({
            name: z.string(),
            available: z.boolean().nullable().describe("Stock now; a hint, not a reservation. null: not told"),
            recommended: z.boolean().nullable(),
            deprecation: deprecation.nullable(),
            monthly_cost: eurPerMonth.nullable().describe("EUR a month with its IPv4 address, VAT included"),
          }),
        ),
      }),
    ),
    images: z.array(
      z.strictObject({
        name: z.string(),
        description: z.string(),
        architecture: z.string(),
        os_flavor: z.string(),
        os_version: z.string().nullable(),
        deprecated_at: time.nullable(),
      }),
    ),
    defaults: z.strictObject({ server_type: z.string(), location: z.string(), image: z.string() }),
  })
  .meta({ id: "ProviderOptions" });
export type ProviderOptions = z.infer<typeof providerOptions>;

// --- Nodes ---

export const nodeStatuses = ["provisioning", "active", "unreachable", "decommissioned"] as const;
export const serverStates = ["none", "creating", "present", "deleting", "gone", "still_billing", "unknown"] as const;

/** The node's name is also the server's name at Hetzner, where it is unique in a project. */
export const nodeName = z
  .string()
  .max(63)
  .regex(
    /^[a-z][a-z0-9-]{0,61}[a-z0-9]$/,
    "must be 2 to 63 lower-case letters, digits and hyphens, begin with a letter and not end with a hyphen",
  );

export const readiness = z
  .strictObject({
    is_ready: z.boolean(),
    reason_codes: z.array(z.enum(readinessReasons)),
    guidance,
    checked_at: time.nullable(),
  })
  .meta({ id: "Readiness" });
export type Readiness = z.infer<typeof readiness>;

export const node = z
  .strictObject({
    id,
    name: nodeName,
    hostname: z.string(),
    public_ip: z.string().nullable(),
    ipv6: z.string().nullable(),
    ssh_port: z.int(),
    ssh_user: z.string(),
    status: z.enum(nodeStatuses),
    is_local: z.literal(false),
    provider_id: providerId,
    provider_server_id: z.string().nullable(),
    server_type: z.string(),
    location: z.string(),
    image: z.string(),
    monthly_cost: eurPerMonth.nullable(),
    server_state: z.enum(serverStates),
    deletion_blocked_reason: errorReason.nullable(),
    last_seen_at: time.nullable(),
    readiness,
    last_job_id: id,
    created_at: time,
    updated_at: time,
    state_version: z.int(),
  })
  .meta({ id: "Node" });
export type Node = z.infer<typeof node>;

const catalogueName = z.string().min(1).max(64);

export const createNodeRequest = z
  .strictObject({
    provider_id: providerId,
    name: nodeName.optional(),
    server_type: catalogueName.optional(),
    location: catalogueName.optional(),
    image: catalogueName.optional(),
  })
  .meta({ id: "CreateNodeRequest" });
export type CreateNodeRequest = z.infer<typeof createNodeRequest>;

export const jobAccepted = z.strictObject({ job_id: id }).meta({ id: "JobAccepted" });

// --- Jobs ---

export const jobTypes = [
  "node_provision",
  "node_delete",
  "site_create",
  "site_delete",
  "env_create",
  "env_delete",
  "backup_create",
  "env_restore",
  "restore_drill",
] as const;
export const jobType = z.enum(jobTypes);
export const jobStatuses = ["queued", "running", "succeeded", "failed", "cancelled"] as const;
export const stepStatuses = ["pending", "running", "succeeded", "failed", "skipped"] as const;

export const jobStep = z
  .strictObject({
    name: z.string(),
    status: z.enum(stepStatuses),
    started_at: time.nullable(),
    finished_at: time.nullable(),
    detail: z.string().nullable(),
  })
  .meta({ id: "JobStep" });
export type JobStep = z.infer<typeof jobStep>;

export const job = z
  .strictObject({
    id,
    job_type: jobType,
    status: z.enum(jobStatuses),
    site_id: id.nullable(),
    environment_id: id.nullable(),
    node_id: id.nullable(),
    attempt_count: z.int(),
    max_attempts: z.int(),
    run_after: time.nullable(),
    locked_at: time.nullable(),
    locked_by: z.string().nullable(),
    started_at: time.nullable(),
    finished_at: time.nullable(),
    error_code: jobErrorCode.nullable(),
    error_reason: errorReason.nullable(),
    error_message: z.string().nullable(),
    guidance,
    progress: z.int().min(0).max(100),
    cancel_requested_at: time.nullable(),
    steps: z.array(jobStep),
    log_tail: z
      .array(z.string())
      .describe("The end of the last playbook's output that failed, scrubbed; empty while nothing has failed"),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: "Job" });
export type Job = z.infer<typeof job>;

export const cancelAnswer = z
  .strictObject({ success: z.literal(true), status: z.enum(jobStatuses) })
  .meta({ id: "CancelAnswer" });

export const metrics = z
  .strictObject({
    jobs_running: z.int(),
    jobs_queued: z.int(),
    nodes_active: z.int(),
    sites_total: z.int(),
    nodes_total: z.int(),
    nodes_not_ready: z.int(),
    servers_still_billing: z.int(),
    monthly_cost_total: eurPerMonth,
  })
  .meta({ id: "Metrics" });
export type Metrics = z.infer<typeof metrics>;
