import { describe, expect, it } from "vitest";
import { classifyAction } from "./classify.ts";
import { type ErrorRow, errorTable } from "./error-table.ts";
import type { HetznerErrorClass } from "./errors.ts";
import { makeHetzner } from "./index.ts";
import { actionSchema } from "./schemas/action.ts";
import { errorOf, failedWith, sampleToken, wireAction, wireError } from "./testing/fixtures.ts";
import { withServer } from "./testing/scripted-server.ts";

/** Written down a second time, by class and from the documentation, so that a slip in the table shows. */
const codesByClass: Record<HetznerErrorClass, string> = {
  unauthorized: "unauthorized",
  token_readonly: "token_readonly",
  forbidden: "forbidden resource_locked",
  rate_limited: "rate_limit_exceeded limit_reached",
  quota_exceeded: `resource_limit_exceeded ca_too_many_authorizations_failed_recently
    ca_too_many_certificates_issued_for_registered_domain ca_too_many_duplicate_certificates`,
  capacity: "resource_unavailable placement_error no_space_left_in_location",
  invalid_request: `json_error invalid_input unsupported_error primary_ip_version_mismatch primary_ip_datacenter_mismatch
    invalid_server_type invalid_load_balancer_type incompatible_network_type private_net_only_server networks_overlap
    ip_not_owned cloud_resource_ip_not_allowed targets_without_use_private_ip missing_ipv4 ip_not_in_vswitch_subnet
    network_has_no_vswitch_subnet incorrect_zone_mode load_balancer_public_interface_disabled
    server_not_attached_to_network load_balancer_not_attached_to_network caa_record_does_not_allow_ca
    ca_dns_validation_failed could_not_verify_domain_delegated_to_zone dns_zone_not_found dns_zone_is_secondary_zone`,
  conflict: `uniqueness_error primary_ip_assigned primary_ip_already_assigned server_has_ipv4 server_has_ipv6
    server_already_attached server_already_added volume_already_attached firewall_already_applied
    firewall_already_removed already_in_placement_group target_already_defined load_balancer_already_attached
    source_port_already_used vswitch_id_already_used floating_ip_assigned must_be_unassigned resource_in_use
    server_is_load_balancer_target firewall_managed_by_label_selector server_not_stopped ip_not_available
    no_subnet_available`,
  busy: "conflict locked",
  protected: "protected",
  not_found: "not_found firewall_resource_not_found",
  unavailable: `maintenance service_error server_error unavailable bad_gateway unknown_error robot_unavailable
    resolve_cloud_public_targets_error resolve_cloud_private_targets_error`,
  timeout: "timeout",
  action_failed: "action_failed",
  api_changed: "method_not_allowed deprecated_api_endpoint",
  unexpected_response: "",
};

const retryableCodes = `conflict locked rate_limit_exceeded limit_reached maintenance service_error server_error
  unavailable timeout bad_gateway unknown_error robot_unavailable no_subnet_available
  resolve_cloud_public_targets_error resolve_cloud_private_targets_error`;

const effectUnknownCodes = `service_error server_error unavailable timeout bad_gateway unknown_error action_failed
  resolve_cloud_public_targets_error resolve_cloud_private_targets_error`;

/** By documented status; all others are 422. */
const codesByStatus: Record<string, string> = {
  400: "json_error",
  401: "unauthorized token_readonly",
  403: "forbidden maintenance resource_limit_exceeded",
  404: "not_found",
  405: "method_not_allowed",
  409: "uniqueness_error conflict",
  410: "deprecated_api_endpoint",
  412: "resource_unavailable primary_ip_version_mismatch",
  423: "locked protected",
  429: "rate_limit_exceeded limit_reached",
  500: "server_error unknown_error",
  502: "bad_gateway",
  503: "unavailable",
  504: "timeout",
  null: "robot_unavailable resource_locked action_failed",
};

const words = (text: string) => text.split(/\s+/).filter((word) => word !== "");
const codesOf = (rows: readonly ErrorRow[]) => rows.map((row) => row.code).sort();

describe("the error table", () => {
  it("has each code once, with a reason", () => {
    expect(new Set(errorTable.map((row) => row.code)).size).toBe(errorTable.length);
    expect(errorTable.filter((row) => row.reason.length < 10)).toEqual([]);
  });

  it.each(Object.entries(codesByClass))("gives exactly the documented codes the class %s", (wanted, codes) => {
    expect(codesOf(errorTable.filter((row) => row.class === wanted))).toEqual(words(codes).sort());
  });

  it.each(Object.entries(codesByStatus))("knows for the status %s exactly its codes", (wanted, codes) => {
    expect(codesOf(errorTable.filter((row) => String(row.documentedStatus) === wanted))).toEqual(words(codes).sort());
  });

  it("knows no status beside those and 422", () => {
    const others = errorTable.filter((row) => !(String(row.documentedStatus) in codesByStatus));
    expect(new Set(others.map((row) => row.documentedStatus))).toEqual(new Set([422]));
  });

  it("calls retryable what may pass by itself", () => {
    expect(codesOf(errorTable.filter((row) => row.retryable))).toEqual(words(retryableCodes).sort());
  });

  it("leaves the effect open where Hetzner may have gone on", () => {
    expect(codesOf(errorTable.filter((row) => row.effect === "unknown"))).toEqual(words(effectUnknownCodes).sort());
  });
});

describe("each row, at the wire", () => {
  it.each(errorTable)("$code as the answer to a create", async (row) => {
    const status = row.documentedStatus ?? 400;
    const exchange = { method: "POST", path: "/servers", body, status, json: wireError(row.code) };
    await withServer([exchange], async ({ endpoint }) => {
      const hetzner = makeHetzner({ token: sampleToken, endpoint });
      const error = await errorOf(hetzner.servers.create({ name: "web-1", serverType: "cx23", image: "debian-13" }));
      expect(error).toMatchObject({
        class: row.class,
        code: row.code,
        httpStatus: status,
        retryable: row.retryable,
        effect: row.effect,
        phase: "request",
        operation: "servers.create",
      });
    });
  });

  it.each(errorTable)("$code as the end of an action", (row) => {
    const error = classifyAction(actionSchema.parse(wireAction(5, failedWith(row.code))));
    expect(error).toMatchObject({
      class: row.actionClass ?? row.class,
      code: row.code,
      effect: "unknown",
      phase: "action",
      operation: "actions.create_server",
      action: { id: 5, command: "create_server", resources: [{ id: 42, type: "server" }] },
    });
  });
});

const body = { name: "web-1", server_type: "cx23", image: "debian-13" };
