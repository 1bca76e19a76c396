/**
 * The one error table: from what went wrong to the contract's code, reason and what a person should do next.
 * `docs/error-codes.md` is generated from it. Everything here is data and total functions over it.
 */
import type { ErrorReason, JobErrorCode } from "../../contracts/errors.ts";
import type { Failure } from "./job.ts";

export { type RunFailureKind, runFailure, runFailures } from "./run-failures.ts";

/** How Hetzner's answers are classed. The SDK's classes, restated here because the domain knows no SDK. */
export const providerFaultClasses = [
  "unauthorized",
  "token_readonly",
  "forbidden",
  "rate_limited",
  "quota_exceeded",
  "capacity",
  "invalid_request",
  "conflict",
  "busy",
  "protected",
  "not_found",
  "unavailable",
  "timeout",
  "action_failed",
  "api_changed",
  "unexpected_response",
] as const;
export type ProviderFaultClass = (typeof providerFaultClasses)[number];

/** A failed request or action at Hetzner, as plain data. `message` is scrubbed already. */
export interface ProviderFault {
  readonly class: ProviderFaultClass;
  /** Hetzner's own code, if it gave one. */
  readonly code: string | null;
  readonly retryable: boolean;
  /** `unknown`: the change may have happened. */
  readonly effect: "none" | "unknown";
  readonly phase: "request" | "action";
  readonly message: string;
  readonly correlationId: string | null;
}

interface FailureRow {
  readonly code: JobErrorCode;
  readonly reason: ErrorReason;
  readonly guidance: readonly string[];
}

const NEW_TOKEN =
  "In Hetzner's console open the project, then Security, API tokens, and generate a token with Read & Write permission; connect it under Providers.";

/** Every class of provider fault, while a server is being acquired. */
export const acquisitionFailures: Readonly<Record<ProviderFaultClass, FailureRow>> = {
  unauthorized: {
    code: "PROVIDER_ACQUISITION_UNAVAILABLE",
    reason: "credential_rejected",
    guidance: ["Hetzner no longer accepts the stored API token: it was deleted or is wrong.", NEW_TOKEN],
  },
  token_readonly: {
    code: "PROVIDER_ACQUISITION_UNAVAILABLE",
    reason: "token_readonly",
    guidance: ["The stored API token can only read.", NEW_TOKEN],
  },
  forbidden: {
    code: "PROVIDER_ACQUISITION_FAILED",
    reason: "forbidden",
    guidance: [
      "Check the provider in Pressluft: if it says that the token can only read, connect one that can write.",
      "Otherwise Hetzner does not permit this for the project: ask its support, with the correlation id in the message.",
    ],
  },
  rate_limited: {
    code: "PROVIDER_API_ERROR",
    reason: "rate_limited",
    guidance: [
      "The project's hourly request limit is used up. Look for other tools that use the same project, then ask again.",
    ],
  },
  quota_exceeded: {
    code: "PROVIDER_ACQUISITION_FAILED",
    reason: "quota_exceeded",
    guidance: [
      "A limit of the Hetzner account is reached (servers, cores or addresses).",
      "Delete what is not needed, or ask for a higher limit in Hetzner's console under Limits, then create the node again.",
    ],
  },
  capacity: {
    code: "PROVIDER_ACQUISITION_FAILED",
    reason: "capacity",
    guidance: [
      "Hetzner has no such server to give in this location now. Choose another location or type, or try in some hours.",
    ],
  },
  invalid_request: {
    code: "PROVIDER_ACQUISITION_FAILED",
    reason: "invalid_request",
    guidance: [
      "Hetzner refused the order as invalid. Check server type, location, image and name, then create the node again.",
    ],
  },
  conflict: {
    code: "PROVIDER_ACQUISITION_FAILED",
    reason: "conflict",
    guidance: [
      "Something in the Hetzner project is in the way. Look at it in Hetzner's console, then create the node again.",
    ],
  },
  busy: {
    code: "PROVIDER_API_ERROR",
    reason: "busy",
    guidance: ["Hetzner was still working on this resource. Create the node again in some minutes."],
  },
  protected: {
    code: "PROVIDER_ACQUISITION_FAILED",
    reason: "protected",
    guidance: ["Protection is on for this resource. Switch it off in Hetzner's console if the change is intended."],
  },
  not_found: {
    code: "PROVIDER_ACQUISITION_FAILED",
    reason: "not_found",
    guidance: [
      "Something the order refers to no longer exists at Hetzner; it may have been deleted by hand. Create the node again.",
    ],
  },
  unavailable: {
    code: "PROVIDER_API_ERROR",
    reason: "provider_unavailable",
    guidance: ["Hetzner has a fault or maintenance. See status.hetzner.com, then create the node again."],
  },
  timeout: {
    code: "PROVIDER_ACQUISITION_TIMEOUT",
    reason: "timeout",
    guidance: ["Hetzner did not answer in time. See status.hetzner.com, then create the node again."],
  },
  action_failed: {
    code: "PROVIDER_ACQUISITION_FAILED",
    reason: "action_failed",
    guidance: [
      "Hetzner accepted the order but could not finish it. Look at the node: when its server is gone, create it again.",
    ],
  },
  api_changed: {
    code: "PROVIDER_ACQUISITION_FAILED",
    reason: "api_changed",
    guidance: ["Hetzner removed a function that this version of Pressluft uses. Update Pressluft."],
  },
  unexpected_response: {
    code: "PROVIDER_API_ERROR",
    reason: "unexpected_response",
    guidance: [
      "Hetzner's answer was not understood. Keep the correlation id in the message and report it; then create the node again.",
    ],
  },
};

/** The other ways in which a node's job fails, each with its own words. */
export const nodeFailures = {
  name_conflict: {
    code: "PROVIDER_ACQUISITION_FAILED",
    reason: "name_conflict",
    guidance: [
      "Another server in the Hetzner project has this name; it was left alone. Create the node under another name.",
    ],
  },
  name_taken: {
    code: "PROVIDER_ACQUISITION_FAILED",
    reason: "conflict",
    guidance: [
      "Hetzner says the name is taken, but shows no server with it: one with this name is perhaps just being deleted.",
      "Wait some minutes, or create the node under another name.",
    ],
  },
  create_unresolved: {
    code: "PROVIDER_ACQUISITION_TIMEOUT",
    reason: "timeout",
    guidance: [
      "Hetzner never said whether it made the server, and shows none. Pressluft keeps looking for 24 hours and removes it if it appears.",
      "Create a node under another name meanwhile.",
    ],
  },
  step_timeout: {
    code: "PROVIDER_ACQUISITION_TIMEOUT",
    reason: "timeout",
    guidance: ["A step did not end in its time on three attempts. See status.hetzner.com, then create the node again."],
  },
  server_gone: {
    code: "PROVIDER_ACQUISITION_FAILED",
    reason: "not_found",
    guidance: ["The server was deleted at Hetzner while it was being set up. Create the node again."],
  },
  no_address: {
    code: "PROVIDER_ACQUISITION_FAILED",
    reason: "unexpected_response",
    guidance: ["The server has no public IPv4 address, so it cannot be reached. Create the node again."],
  },
  host_silent: {
    code: "PROVIDER_ACQUISITION_TIMEOUT",
    reason: "timeout",
    guidance: [
      "SSH on the new server did not answer with its own host key. Check that no firewall of the project blocks port 22, then create the node again.",
    ],
  },
  cloud_init_failed: {
    code: "PROVIDER_ACQUISITION_FAILED",
    reason: "action_failed",
    guidance: [
      "The image's first boot (cloud-init) ended with an error. Create the node again, or choose another image.",
    ],
  },
  no_root: {
    code: "PROVIDER_ACQUISITION_FAILED",
    reason: "forbidden",
    guidance: ["Neither root nor sudo works on the new server. Choose another image and create the node again."],
  },
  host_key_not_rotated: {
    code: "PROVIDER_ACQUISITION_FAILED",
    reason: "host_key_not_rotated",
    guidance: [
      "The new server did not take a host key of its own in place of the one it was ordered with, which Hetzner can read. The message says how far it came.",
      "Create the node again; if it fails again, choose another image.",
    ],
  },
  job_timeout: {
    code: "JOB_TIMEOUT",
    reason: "timeout",
    guidance: [
      "The job's total time ran out. Look at the node: when its server is gone, see status.hetzner.com and create it again.",
    ],
  },
  release_timeout: {
    code: "JOB_TIMEOUT",
    reason: "timeout",
    guidance: [
      "The job's total time ran out and the server is still billed. Its deletion is tried again every hour; delete it in Hetzner's console to be sure.",
    ],
  },
  job_crashed: {
    code: "JOB_CRASHED",
    reason: null,
    guidance: [
      "Pressluft itself failed five times at this job. Look into the worker's log for this job id.",
      "Whatever the job has at Hetzner is listed as still billing and is removed by itself, every hour.",
    ],
  },
} as const satisfies Record<string, { code: JobErrorCode; reason: ErrorReason | null; guidance: readonly string[] }>;

/** What blocks the deletion of a server, by reason; all under PROVIDER_RELEASE_FAILED. */
export const releaseGuidance: Readonly<Partial<Record<ErrorReason, string>>> = {
  protected:
    "Hetzner refuses the deletion: protection is on. Switch off the server's protection in Hetzner's console, then delete the node again.",
  labels_removed:
    "The server no longer carries Pressluft's labels, so it is not touched. Put them back or delete the server in Hetzner's console.",
  credential_rejected: `Hetzner no longer accepts the stored API token, so the server cannot be deleted. ${NEW_TOKEN}`,
  token_readonly: `The stored API token can only read, so the server cannot be deleted. ${NEW_TOKEN}`,
  forbidden:
    "Hetzner forbids the deletion. Check the provider: if its token can only read, connect one that can write. Otherwise ask Hetzner support.",
  busy: "Hetzner is still working on the server. The deletion is tried again every hour.",
};

const RELEASE_ANYWAY =
  "The server is still billed. Its deletion is tried again every hour; delete it in Hetzner's console to be sure.";

/** A request or action at Hetzner failed while a server was being acquired. An action never retries: it has failed. */
export const failureOfFault = (fault: ProviderFault): Failure => {
  const row = acquisitionFailures[fault.class];
  const passing = row.code === "PROVIDER_API_ERROR" || row.code === "PROVIDER_ACQUISITION_TIMEOUT";
  const { code, reason, guidance } = fault.phase === "action" && passing ? acquisitionFailures.action_failed : row;
  return { code, reason, message: fault.message, guidance: [...guidance] };
};

export const nodeFailure = (kind: keyof typeof nodeFailures, message: string): Failure => {
  const { code, reason, guidance } = nodeFailures[kind];
  return { code, reason, message, guidance: [...guidance] };
};

/** Why a server is still there, as a deletion's failure. */
export const releaseFailure = (reason: ErrorReason, message: string): Failure => ({
  code: "PROVIDER_RELEASE_FAILED",
  reason,
  message,
  guidance: [releaseAdvice(reason)],
});

/** What to do about a deletion that Hetzner refused. */
export const releaseAdvice = (reason: ErrorReason): string => releaseGuidance[reason] ?? RELEASE_ANYWAY;

const passing: readonly ProviderFaultClass[] = [
  "rate_limited",
  "busy",
  "unavailable",
  "timeout",
  "unexpected_response",
];

/** Can the same request succeed later, with nobody doing anything? */
export const faultPasses = (fault: ProviderFault): boolean => passing.includes(fault.class);

export const reasonOfFault = (fault: ProviderFault): ErrorReason => acquisitionFailures[fault.class].reason;
