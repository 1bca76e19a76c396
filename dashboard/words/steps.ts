/** What the steps of jobs are called, and what the jobs are. Names of steps are not part of the contract: a new one is shown as it is. */
import type { Job } from "../../contracts/models.ts";

export const jobWords: Readonly<Record<Job["job_type"], string>> = {
  node_provision: "Create node",
  node_delete: "Delete node",
  site_create: "Create site",
  site_delete: "Delete site",
  env_create: "Clone environment",
  env_delete: "Delete environment",
  backup_create: "Back up",
  env_restore: "Restore",
  restore_drill: "Try a restore",
};

/** `safety_send_parts` and `send_parts` are the same work; the prefix says for what. */
const prefixes: readonly (readonly [string, string])[] = [
  ["safety_", "Safety backup: "],
  ["final_", "Last backup: "],
];

/** In words: `rotate_host_key` is "Rotate host key". */
export const stepWord = (name: string): string => {
  const [prefix, words] = prefixes.find(([start]) => name.startsWith(start)) ?? ["", ""];
  const plain = name
    .slice(prefix.length)
    .replaceAll("_", " ")
    .replace("ssh", "SSH")
    .replace("cloud init", "cloud-init");
  return words === "" ? plain.charAt(0).toUpperCase() + plain.slice(1) : words + plain;
};
