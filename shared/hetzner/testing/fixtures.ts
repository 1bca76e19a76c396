import { HetznerError } from "../errors.ts";

/** Answers in the form of the API of 2026-07: no `datacenter`, nullable addresses, availability in the locations. */

/** Of the form of a real one and not one. */
export const sampleToken = "Qx7mT2vB9kLs4WnZ8pRd3HfYc6JgUa1E5oViNtXqKbMwSyDhGzCrFjPeAuIlO0aZ";

export function wireAction(id: number, overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id,
    command: "create_server",
    status: "running",
    progress: 0,
    started: "2026-11-01T10:00:00+00:00",
    finished: null,
    resources: [{ id: 42, type: "server" }],
    error: null,
    ...overrides,
  };
}

export const failedWith = (code: string, message = "Action failed") => ({ status: "error", error: { code, message } });

export function wireServer(id: number, overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id,
    name: "web-1",
    status: "running",
    created: "2026-11-01T10:00:00+00:00",
    public_net: {
      ipv4: { id: 7, ip: "192.0.2.10", blocked: false, dns_ptr: "static.example.com" },
      ipv6: { id: 8, ip: "2001:db8::/64", blocked: false, dns_ptr: [] },
      floating_ips: [],
      firewalls: [],
    },
    private_net: [],
    server_type: { id: 114, name: "cx23", cores: 2 },
    location: { id: 1, name: "fsn1", network_zone: "eu-central" },
    image: { id: 3, name: "debian-13", type: "system" },
    iso: null,
    rescue_enabled: false,
    locked: false,
    protection: { delete: false, rebuild: false },
    labels: { managed_by: "me" },
    ...overrides,
  };
}

export function wireSshKey(id: number, name = "deploy"): Record<string, unknown> {
  return {
    id,
    name,
    fingerprint: "77:79:69:b1:4d:c6:b6:45:6a:e9:52:29:04:3e:59:48",
    public_key: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIccHCW76xx2rrPAUrjnuT6IjpEF1O+/U4IByVgv99Oi",
    labels: {},
    created: "2026-11-01T10:00:00+00:00",
  };
}

export const wireError = (code: string, message = "some text", details: unknown = null) => ({
  error: { code, message, details },
});

export const lastPage = { pagination: { page: 1, per_page: 50, next_page: null, last_page: 1, total_entries: 1 } };

/** The error that a call ends with; fails the test when it succeeds or fails in another way. */
export async function errorOf(call: Promise<unknown>): Promise<HetznerError> {
  const outcome = await call.then(
    () => "success",
    (error: unknown) => error,
  );
  if (outcome instanceof HetznerError) return outcome;
  throw new Error("expected a HetznerError", { cause: outcome });
}
