/** Records of the fake deployment, as they are when nothing special has happened. */
import type { Job, Node, ProviderConnection } from "../../../contracts/models.ts";
import type { Backup, Environment, Site } from "../../../contracts/site-models.ts";

export const when = "2026-11-23T12:00:00.000Z";

export const ready: Node["readiness"] = { is_ready: true, reason_codes: [], guidance: [], checked_at: when };
export const notReady: Node["readiness"] = {
  is_ready: false,
  reason_codes: ["runtime_missing"],
  guidance: ["Wait."],
  checked_at: when,
};

export const connection: ProviderConnection = {
  provider_id: "hetzner",
  display_name: "Hetzner Cloud",
  status: "connected",
  status_reason: null,
  capabilities: ["node_acquisition", "provider_health"],
  secret_configured: true,
  guidance: [],
  last_status_message: "Reads and writes work.",
  connected_at: when,
  last_checked_at: when,
  updated_at: when,
  rate_limit: null,
};

export const plainNode: Omit<Node, "id" | "last_job_id"> = {
  name: "shop-1",
  hostname: "shop-1",
  public_ip: "198.18.0.7",
  ipv6: null,
  ssh_port: 22,
  ssh_user: "root",
  status: "active",
  is_local: false,
  provider_id: "hetzner",
  provider_server_id: "7",
  server_type: "cx23",
  location: "nbg1",
  image: "debian-12",
  monthly_cost: 5,
  server_state: "present",
  deletion_blocked_reason: null,
  last_seen_at: when,
  readiness: ready,
  created_at: when,
  updated_at: when,
  state_version: 1,
};

export const plainJob: Omit<Job, "id" | "job_type"> = {
  status: "running",
  site_id: null,
  environment_id: null,
  node_id: null,
  attempt_count: 1,
  max_attempts: 3,
  run_after: null,
  locked_at: null,
  locked_by: null,
  started_at: when,
  finished_at: null,
  error_code: null,
  error_reason: null,
  error_message: null,
  guidance: [],
  progress: 10,
  cancel_requested_at: null,
  steps: [],
  log_tail: [],
  created_at: when,
  updated_at: when,
};

export const plainSite: Omit<Site, "id" | "name" | "slug" | "node_id" | "last_job_id"> = {
  status: "deploying",
  primary_environment_id: null,
  created_at: when,
  updated_at: when,
  state_version: 1,
};

export const plainEnvironment: Omit<Environment, "id" | "site_id" | "node_id" | "preview_url" | "last_job_id"> = {
  name: "Production",
  slug: "production",
  environment_type: "production",
  status: "active",
  source_environment_id: null,
  promotion_preset: "content-protect",
  primary_domain_id: null,
  current_release_id: null,
  wordpress_version: "6.1.9",
  drift_status: "unknown",
  drift_checked_at: null,
  last_drift_check_id: null,
  fastcgi_cache_enabled: false,
  redis_cache_enabled: false,
  created_at: when,
  updated_at: when,
  state_version: 1,
};

export const plainBackup: Omit<Backup, "id" | "environment_id" | "job_id"> = {
  backup_scope: "full",
  status: "completed",
  storage_type: "s3",
  storage_path: "backups/1",
  retention_until: when,
  checksum: "0".repeat(64),
  size_bytes: 25_000_000,
  last_drill: null,
  created_at: when,
  completed_at: when,
};
