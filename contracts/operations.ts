/**
 * Every operation of the API, once: its route, who answers it, what it takes and what it answers. API Gateway's routes,
 * the handlers' types, `openapi.yaml` and the contract tests are all made from this table.
 */
import * as z from "zod";
import type { ApiErrorCode } from "./errors.ts";
import * as m from "./models.ts";
import { siteOperations } from "./site-operations.ts";

/** The Lambda functions behind the API: one per trust boundary. */
export const apiFunctions = ["auth", "providers", "nodes", "node-check", "sites", "jobs"] as const;
export type ApiFunction = (typeof apiFunctions)[number];

export type Method = "GET" | "POST" | "DELETE";

export interface OperationShape {
  readonly function: ApiFunction;
  readonly method: Method;
  /** API Gateway's notation: `{name}` is one path segment. */
  readonly path: `/api/${string}`;
  readonly summary: string;
  /** Needs no session and no API token. */
  readonly public?: true;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  readonly status: 200 | 201 | 202;
  readonly answer: z.ZodType;
  /** A page of a list: `limit` and `cursor` in, `Link: rel="next"` out. */
  readonly paged?: true;
  /** Error codes of its own, beside those that every operation may answer. */
  readonly errors?: readonly ApiErrorCode[];
}

const byId = z.strictObject({ id: z.uuid() });
const byProvider = z.strictObject({ provider_id: m.providerId });
export const pageQuery = z.strictObject(m.page);
const nodesQuery = z.strictObject({
  ...m.page,
  include: z.literal("decommissioned").optional().describe("Show decommissioned nodes too"),
});

export const operations = {
  login: {
    function: "auth",
    method: "POST",
    path: "/api/login",
    summary: "Log in; sets the session cookie",
    public: true,
    body: m.loginRequest,
    status: 200,
    answer: m.success,
    errors: ["rate_limited"],
  },
  logout: {
    function: "auth",
    method: "POST",
    path: "/api/logout",
    summary: "Revoke this session at once and clear its cookie",
    status: 200,
    answer: m.success,
  },
  getSession: {
    function: "auth",
    method: "GET",
    path: "/api/session",
    summary: "Who is logged in, and until when",
    status: 200,
    answer: m.session,
  },
  createToken: {
    function: "auth",
    method: "POST",
    path: "/api/tokens",
    summary: "Make an API token; its value is shown this once",
    body: m.createTokenRequest,
    status: 201,
    answer: m.createdApiToken,
  },
  listTokens: {
    function: "auth",
    method: "GET",
    path: "/api/tokens",
    summary: "The API tokens, newest first, without their values",
    query: pageQuery,
    paged: true,
    status: 200,
    answer: z.array(m.apiToken),
  },
  deleteToken: {
    function: "auth",
    method: "DELETE",
    path: "/api/tokens/{id}",
    summary: "Revoke an API token at once",
    params: byId,
    status: 200,
    answer: m.success,
    errors: ["not_found"],
  },
  listProviders: {
    function: "providers",
    method: "GET",
    path: "/api/providers",
    summary: "Every provider in the catalogue, connected or not",
    status: 200,
    answer: z.array(m.providerConnection),
  },
  getProvider: {
    function: "providers",
    method: "GET",
    path: "/api/providers/{provider_id}",
    summary: "One provider",
    params: byProvider,
    status: 200,
    answer: m.providerConnection,
    errors: ["not_found"],
  },
  connectProvider: {
    function: "providers",
    method: "POST",
    path: "/api/providers",
    summary: "Check a token against the provider, live, and store it",
    body: m.connectProviderRequest,
    status: 200,
    answer: m.providerConnection,
    errors: ["conflict", "provider_project_mismatch", "provider_credential_refused"],
  },
  checkProvider: {
    function: "providers",
    method: "POST",
    path: "/api/providers/{provider_id}/check",
    summary: "Check the stored token against the provider, live, now",
    params: byProvider,
    status: 200,
    answer: m.providerConnection,
    errors: ["not_found", "provider_not_connected"],
  },
  getProviderOptions: {
    function: "providers",
    method: "GET",
    path: "/api/providers/{provider_id}/options",
    summary: "What the create form needs: locations, server types with stock and price, images, defaults",
    params: byProvider,
    status: 200,
    answer: m.providerOptions,
    errors: ["not_found"],
  },
  disconnectProvider: {
    function: "providers",
    method: "DELETE",
    path: "/api/providers/{provider_id}",
    summary: "Destroy the stored token",
    params: byProvider,
    status: 200,
    answer: m.providerConnection,
    errors: ["not_found", "provider_in_use"],
  },
  listNodes: {
    function: "nodes",
    method: "GET",
    path: "/api/nodes",
    summary: "The nodes, newest first; decommissioned ones only on request or while they are still billing",
    query: nodesQuery,
    paged: true,
    status: 200,
    answer: z.array(m.node),
  },
  createNode: {
    function: "nodes",
    method: "POST",
    path: "/api/nodes",
    summary: "Ask for a node: one request, one job, exactly one server",
    body: m.createNodeRequest,
    status: 202,
    answer: m.jobAccepted,
    errors: ["provider_not_connected", "conflict", "idempotency_mismatch"],
  },
  getNode: {
    function: "nodes",
    method: "GET",
    path: "/api/nodes/{id}",
    summary: "One node",
    params: byId,
    status: 200,
    answer: m.node,
    errors: ["not_found"],
  },
  deleteNode: {
    function: "nodes",
    method: "DELETE",
    path: "/api/nodes/{id}",
    summary: "Delete a node and its server",
    params: byId,
    status: 202,
    answer: m.jobAccepted,
    errors: ["not_found", "conflict", "node_has_sites"],
  },
  checkNode: {
    function: "node-check",
    method: "POST",
    path: "/api/nodes/{id}/check",
    summary: "Probe the node over SSH, now",
    params: byId,
    status: 200,
    answer: m.node,
    errors: ["not_found"],
  },
  listJobs: {
    function: "jobs",
    method: "GET",
    path: "/api/jobs",
    summary: "The jobs, newest first",
    query: pageQuery,
    paged: true,
    status: 200,
    answer: z.array(m.job),
  },
  getJob: {
    function: "jobs",
    method: "GET",
    path: "/api/jobs/{id}",
    summary: "One job with its timeline",
    params: byId,
    status: 200,
    answer: m.job,
    errors: ["not_found"],
  },
  cancelJob: {
    function: "jobs",
    method: "POST",
    path: "/api/jobs/{id}/cancel",
    summary: "Cancel a job; what it made is removed before it ends",
    params: byId,
    status: 200,
    answer: m.cancelAnswer,
    errors: ["not_found", "job_not_cancellable"],
  },
  getMetrics: {
    function: "jobs",
    method: "GET",
    path: "/api/metrics",
    summary: "The figures of the overview",
    status: 200,
    answer: m.metrics,
  },
  ...siteOperations,
} as const satisfies Record<string, OperationShape>;

export type Operations = typeof operations;
export type OperationId = keyof Operations;
/** The operations that one function answers: its handlers must be exactly these. */
export type OperationsOf<F extends ApiFunction> = {
  [K in OperationId]: Operations[K]["function"] extends F ? K : never;
}[OperationId];
