import type { Effect, HetznerErrorClass } from "./errors.ts";

/**
 * What one error code of Hetzner means.
 *
 * Sources: the "Errors" chapter and the operation descriptions of https://docs.hetzner.cloud (2026-06), the codes of
 * hcloud-go 2.47, and public reports where the documentation is silent (said in `reason`).
 */
export interface ErrorRow {
  readonly code: string;
  /** The HTTP status the documentation gives; null where it gives none. Classification never needs it. */
  readonly documentedStatus: number | null;
  readonly class: HetznerErrorClass;
  /** The class when the code comes from a failed action, where it differs; then not retryable. */
  readonly actionClass?: HetznerErrorClass;
  /** May the same call work later, unchanged? */
  readonly retryable: boolean;
  /** May the change have happened although the answer is this error? In the action phase always `unknown`. */
  readonly effect: Effect;
  readonly reason: string;
}

type Verdict = Omit<ErrorRow, "code" | "documentedStatus" | "reason">;

/** One verdict for many codes of single operations: each a refusal, documented as 422, that changed nothing. */
function refusals(verdict: Pick<Verdict, "class" | "actionClass">, rows: Record<string, string>): ErrorRow[] {
  return Object.entries(rows).map(([code, reason]) => ({
    code,
    documentedStatus: 422,
    retryable: false,
    effect: "none",
    reason,
    ...verdict,
  }));
}

const general: readonly ErrorRow[] = [
  {
    code: "json_error",
    documentedStatus: 400,
    class: "invalid_request",
    retryable: false,
    effect: "none",
    reason: "The body was not valid JSON: a defect of the client.",
  },
  {
    code: "unauthorized",
    documentedStatus: 401,
    class: "unauthorized",
    retryable: false,
    effect: "none",
    reason: "The token is wrong, unknown or missing. It still costs rate limit, so never loop on it.",
  },
  {
    code: "token_readonly",
    documentedStatus: 401,
    class: "token_readonly",
    retryable: false,
    effect: "none",
    reason: "The token may only read. Documented as 401, reported as 403: only the code is reliable.",
  },
  {
    code: "forbidden",
    documentedStatus: 403,
    class: "forbidden",
    retryable: false,
    effect: "none",
    reason: "Not permitted.",
  },
  {
    code: "maintenance",
    documentedStatus: 403,
    class: "unavailable",
    retryable: true,
    effect: "none",
    reason: "Blocked while Hetzner does maintenance; passes within minutes.",
  },
  {
    code: "resource_limit_exceeded",
    documentedStatus: 403,
    class: "quota_exceeded",
    retryable: false,
    effect: "none",
    reason: "A limit of the account. Limits cannot be read, they only show as this error.",
  },
  {
    code: "not_found",
    documentedStatus: 404,
    class: "not_found",
    retryable: false,
    effect: "none",
    reason: "The resource does not exist, or a create names something that does not exist.",
  },
  {
    code: "method_not_allowed",
    documentedStatus: 405,
    class: "api_changed",
    retryable: false,
    effect: "none",
    reason: "This client uses a method that the API does not have (any more).",
  },
  {
    code: "uniqueness_error",
    documentedStatus: 409,
    class: "conflict",
    retryable: false,
    effect: "none",
    reason:
      "A unique field is taken, perhaps by an earlier try of the same call. Never heals by itself, never loop on it.",
  },
  {
    code: "conflict",
    documentedStatus: 409,
    class: "busy",
    retryable: true,
    effect: "none",
    reason: "The resource changed during the request; Hetzner says: try again.",
  },
  {
    code: "deprecated_api_endpoint",
    documentedStatus: 410,
    class: "api_changed",
    retryable: false,
    effect: "none",
    reason:
      "The function was removed: this client is outdated; the resource is not gone. Details hold the announcement.",
  },
  {
    code: "resource_unavailable",
    documentedStatus: 412,
    class: "capacity",
    retryable: false,
    effect: "none",
    reason: "Not orderable now (stock). May last hours: choose another type or location rather than repeat.",
  },
  {
    code: "invalid_input",
    documentedStatus: 422,
    class: "invalid_request",
    retryable: false,
    effect: "none",
    reason: "Fields failed validation; also a server type that the location does not have.",
  },
  {
    code: "service_error",
    documentedStatus: 422,
    class: "unavailable",
    retryable: true,
    effect: "unknown",
    reason: "A fault inside one of Hetzner's services, in spite of the 4xx status.",
  },
  {
    code: "unsupported_error",
    documentedStatus: 422,
    class: "invalid_request",
    retryable: false,
    effect: "none",
    reason: "The resource cannot do this.",
  },
  {
    code: "locked",
    documentedStatus: 423,
    class: "busy",
    retryable: true,
    effect: "none",
    reason: "Another action runs on the resource. Also used for lasting states, so retries need a bound.",
  },
  {
    code: "protected",
    documentedStatus: 423,
    class: "protected",
    retryable: false,
    effect: "none",
    reason: "Delete or rebuild protection is on: a person has to switch it off.",
  },
  {
    code: "rate_limit_exceeded",
    documentedStatus: 429,
    class: "rate_limited",
    retryable: true,
    effect: "none",
    reason: "The project's request budget is used up; one request comes back every 3600/limit seconds.",
  },
  {
    code: "limit_reached",
    documentedStatus: 429,
    class: "rate_limited",
    retryable: true,
    effect: "none",
    reason: "Former name of rate_limit_exceeded, kept as an alias by hcloud-go.",
  },
  {
    code: "server_error",
    documentedStatus: 500,
    class: "unavailable",
    retryable: true,
    effect: "unknown",
    reason: "Hetzner's backend failed somewhere.",
  },
  {
    code: "unavailable",
    documentedStatus: 503,
    class: "unavailable",
    retryable: true,
    effect: "unknown",
    reason: "The service is down.",
  },
  {
    code: "timeout",
    documentedStatus: 504,
    class: "timeout",
    retryable: true,
    effect: "unknown",
    reason: "Hetzner did not finish in time; the work may go on.",
  },
  {
    code: "bad_gateway",
    documentedStatus: 502,
    class: "unavailable",
    retryable: true,
    effect: "unknown",
    reason: "The gateway lost the backend; what was sent may have been done.",
  },
  {
    code: "unknown_error",
    documentedStatus: 500,
    class: "unavailable",
    actionClass: "action_failed",
    retryable: true,
    effect: "unknown",
    reason: "Hetzner does not know either. In actions it is the usual code of a failed create.",
  },
  {
    code: "robot_unavailable",
    documentedStatus: null,
    class: "unavailable",
    retryable: true,
    effect: "none",
    reason: "The Robot backend is down; to be tried again shortly.",
  },
  {
    code: "resource_locked",
    documentedStatus: null,
    class: "forbidden",
    retryable: false,
    effect: "none",
    reason: "Locked by Hetzner itself; only its support can help.",
  },
  {
    code: "action_failed",
    documentedStatus: null,
    class: "action_failed",
    retryable: false,
    effect: "unknown",
    reason: "The general code of a failed action.",
  },
];

const ofOperations: readonly ErrorRow[] = [
  ...refusals(
    { class: "capacity" },
    {
      placement_error: "No host for this server (create, start, placement group); stock or a full spread group.",
      no_space_left_in_location: "No room for the volume in this location.",
    },
  ),
  ...refusals(
    { class: "conflict" },
    {
      primary_ip_assigned: "The primary IP belongs to a server already.",
      primary_ip_already_assigned: "The primary IP is assigned to another resource.",
      server_has_ipv4: "The server has an IPv4 address already.",
      server_has_ipv6: "The server has an IPv6 network already.",
      server_already_attached: "The server is attached to this network already.",
      server_already_added: "The server is in this group or firewall already.",
      volume_already_attached: "The volume is attached to a server already.",
      firewall_already_applied: "The firewall is applied to this resource already.",
      firewall_already_removed: "The firewall is not applied to it; no longer sent since 2025-08-04.",
      already_in_placement_group: "The server is in a placement group already.",
      target_already_defined: "The load balancer has this target already.",
      load_balancer_already_attached: "The load balancer is attached to this network already.",
      source_port_already_used: "Another service of the load balancer listens on this port; also sent as 412.",
      vswitch_id_already_used: "The vSwitch is connected to another network.",
      floating_ip_assigned: "The floating IP is assigned.",
      must_be_unassigned: "An assigned IP cannot be deleted (since 2026-05-01): unassign it first.",
      resource_in_use: "Something still uses the resource.",
      server_is_load_balancer_target: "The server is a load balancer's target.",
      firewall_managed_by_label_selector: "The firewall follows a label selector; it cannot be removed by hand.",
      server_not_stopped: "The server must be off for this: power it off, then repeat.",
      ip_not_available: "The wanted address is taken in the network.",
    },
  ),
  {
    code: "no_subnet_available",
    documentedStatus: 422,
    class: "conflict",
    retryable: true,
    effect: "none",
    reason:
      "No subnet for the attachment; passes while a network is being built (Hetzner's Terraform provider retries it).",
  },
  ...refusals(
    { class: "invalid_request" },
    {
      primary_ip_datacenter_mismatch: "Primary IP and server are in different places.",
      invalid_server_type: "The server type does not fit the change.",
      invalid_load_balancer_type: "The load balancer type does not fit the change.",
      incompatible_network_type: "The network type does not allow it.",
      private_net_only_server: "The server has a private network only.",
      networks_overlap: "The address ranges overlap.",
      ip_not_owned: "The address belongs to someone else.",
      cloud_resource_ip_not_allowed: "The address of a cloud resource cannot be an IP target.",
      targets_without_use_private_ip: "Targets must use the private IP when the public interface is off.",
      missing_ipv4: "The target has no IPv4 address.",
      ip_not_in_vswitch_subnet: "The address is outside the vSwitch subnet.",
      network_has_no_vswitch_subnet: "The network has no vSwitch subnet.",
      incorrect_zone_mode: "The DNS zone is of the other mode.",
      load_balancer_public_interface_disabled: "The load balancer's public interface is off.",
      server_not_attached_to_network: "The server is not in this network.",
      load_balancer_not_attached_to_network: "The load balancer is not in this network.",
    },
  ),
  {
    code: "primary_ip_version_mismatch",
    documentedStatus: 412,
    class: "invalid_request",
    retryable: false,
    effect: "none",
    reason: "An IPv4 was given for IPv6 or the reverse. The 412 shows why that status alone cannot mean capacity.",
  },
  {
    code: "firewall_resource_not_found",
    documentedStatus: 422,
    class: "not_found",
    retryable: false,
    effect: "none",
    reason: "The resource to protect does not exist; 422 on create, 404 on apply and remove.",
  },
  ...["resolve_cloud_public_targets_error", "resolve_cloud_private_targets_error"].map(
    (code): ErrorRow => ({
      code,
      documentedStatus: 422,
      class: "unavailable",
      retryable: true,
      effect: "unknown",
      reason: "Hetzner could not resolve the load balancer's targets: a fault on its side.",
    }),
  ),
  ...refusals(
    { class: "invalid_request", actionClass: "action_failed" },
    {
      caa_record_does_not_allow_ca: "Certificate: the domain's CAA record forbids the CA.",
      ca_dns_validation_failed: "Certificate: the DNS challenge failed.",
      could_not_verify_domain_delegated_to_zone: "Certificate: the domain does not point to the zone.",
      dns_zone_not_found: "Certificate: there is no such DNS zone.",
      dns_zone_is_secondary_zone: "Certificate: a secondary zone cannot take the challenge.",
    },
  ),
  ...refusals(
    { class: "quota_exceeded" },
    {
      ca_too_many_authorizations_failed_recently: "Certificate: a limit of the CA.",
      ca_too_many_certificates_issued_for_registered_domain: "Certificate: a limit of the CA.",
      ca_too_many_duplicate_certificates: "Certificate: a limit of the CA.",
    },
  ),
];

/** Every code that Hetzner documents or that hcloud-go knows, each once. Codes of actions are looked up here too. */
export const errorTable: readonly ErrorRow[] = [...general, ...ofOperations];

const rowByCode: ReadonlyMap<string, ErrorRow> = new Map(errorTable.map((row) => [row.code, row]));

export function findErrorRow(code: string | null): ErrorRow | undefined {
  return code === null ? undefined : rowByCode.get(code);
}
