/** A refusal the provider words itself: becomes `{"error": {code, message, details}}`. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: unknown;

  constructor(status: number, code: string, message: string, details: unknown = null) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

/**
 * The documented error codes with their documented status; codes of single operations are 422 unless listed. Source:
 * the error tables of Hetzner's published OpenAPI document, and hcloud-go for `bad_gateway` and `unknown_error`.
 */
export const statusOfCode: Readonly<Record<string, number>> = {
  json_error: 400,
  unauthorized: 401,
  token_readonly: 403,
  forbidden: 403,
  maintenance: 403,
  resource_limit_exceeded: 403,
  not_found: 404,
  method_not_allowed: 405,
  uniqueness_error: 409,
  conflict: 409,
  deprecated_api_endpoint: 410,
  resource_unavailable: 412,
  primary_ip_version_mismatch: 412,
  invalid_input: 422,
  service_error: 422,
  unsupported_error: 422,
  placement_error: 422,
  primary_ip_assigned: 422,
  must_be_unassigned: 422,
  resource_in_use: 422,
  server_not_stopped: 422,
  server_has_ipv4: 422,
  server_has_ipv6: 422,
  primary_ip_already_assigned: 422,
  primary_ip_datacenter_mismatch: 422,
  invalid_server_type: 422,
  no_space_left_in_location: 422,
  locked: 423,
  protected: 423,
  resource_locked: 423,
  rate_limit_exceeded: 429,
  server_error: 500,
  unknown_error: 500,
  bad_gateway: 502,
  unavailable: 503,
  robot_unavailable: 503,
  timeout: 504,
  action_failed: 422,
};

/**
 * A text for each of these codes, for faults that word an error. Those of refusals made here are the same as there; the
 * others are ours.
 */
export const messageOfCode: Readonly<Record<string, string>> = {
  json_error: "invalid JSON input",
  unauthorized: "unable to authenticate",
  token_readonly: "not allowed because token is readonly",
  forbidden: "insufficient permissions for this request",
  maintenance: "cannot perform operation due to maintenance",
  resource_limit_exceeded: "server limit exceeded",
  not_found: "resource not found",
  method_not_allowed: "method not allowed",
  uniqueness_error: "server name is already used",
  conflict: "the resource has changed during the request, please retry",
  deprecated_api_endpoint: "this endpoint was removed",
  resource_unavailable: "error during placement",
  primary_ip_version_mismatch: "primary IP has the wrong version",
  invalid_input: "invalid input",
  service_error: "error within a service",
  unsupported_error: "the resource does not support this operation",
  placement_error: "error during placement",
  primary_ip_assigned: "primary IP is already assigned",
  must_be_unassigned: "primary IP must be unassigned",
  resource_in_use: "resource is in use",
  server_not_stopped: "server must be powered off",
  server_has_ipv4: "server already has an ipv4 address",
  server_has_ipv6: "server already has an ipv6 address",
  primary_ip_already_assigned: "primary IP is already assigned",
  primary_ip_datacenter_mismatch: "primary IP is in another location",
  invalid_server_type: "server type does not fit the server",
  no_space_left_in_location: "no space left in this location",
  locked: "cannot perform operation because server is locked",
  protected: "server is protected",
  resource_locked: "resource is locked, contact support",
  rate_limit_exceeded: "request limit reached",
  server_error: "internal server error",
  unknown_error: "unknown error",
  bad_gateway: "bad gateway",
  unavailable: "service unavailable",
  robot_unavailable: "Robot is unavailable",
  timeout: "request timeout",
  action_failed: "action failed",
};

/** 422 naming one field. */
export function invalidField(name: string, message: string): ApiError {
  return new ApiError(422, "invalid_input", `invalid input in field '${name}'`, {
    fields: [{ name, messages: [message] }],
  });
}

/** 422 without a field, as the provider gives it for combinations that do not exist. */
export function invalidInput(message: string): ApiError {
  return new ApiError(422, "invalid_input", message, {});
}

/** 404 for a resource or for something a request refers to. */
export function notFound(what: string): ApiError {
  return new ApiError(404, "not_found", `${what} not found`);
}

/** 423 while an action runs. */
export function locked(what: string): ApiError {
  return new ApiError(423, "locked", `cannot perform operation because ${what} is locked`);
}

/** 409 for a name or key that is taken. */
export function taken(message: string): ApiError {
  return new ApiError(409, "uniqueness_error", message, {});
}

/** 423 while protection is on. */
export function protectedFrom(what: string): ApiError {
  return new ApiError(423, "protected", `${what} is protected`);
}

/** 422 for what the resource is not made for, or not in this state. */
export function unsupported(message: string): ApiError {
  return new ApiError(422, "unsupported_error", message);
}

/** 422 for what needs a server that is off. */
export function notStopped(): ApiError {
  return new ApiError(422, "server_not_stopped", "server must be powered off");
}

/** 403 for a quota of the project; `limit` is its name in the details. */
export function overQuota(limit: "server_limit" | "primary_ip_limit"): ApiError {
  const what = limit === "server_limit" ? "server" : "Primary IP";
  return new ApiError(403, "resource_limit_exceeded", `${what} limit exceeded`, { limits: [{ name: limit }] });
}
