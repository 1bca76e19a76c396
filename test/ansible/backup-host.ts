/** A real host with two sites and a fake S3 on it, for tests of backup-create and env-restore. */
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import * as z from "zod";
import { openPlaybookHost, type PlaybookHost, type PlaybookRun } from "../hosts/playbook-host.ts";

export type Scope = "db" | "files" | "full";
export type Mode = "verify" | "apply" | "drill" | "clean";

/** An environment as playbooks are told of it. */
export interface Site {
  readonly id: string;
  readonly user: string;
  readonly host: string;
  readonly url: string;
  readonly type: "production";
}

export interface StoredBackup {
  readonly id: string;
  readonly environment_id: string;
  readonly scope: Scope;
  readonly sha256: string;
  readonly size_bytes: number;
}

const stored = z.object({
  sha256: z.string(),
  size_bytes: z.int(),
  parts: z.array(z.object({ number: z.int(), etag: z.string(), size_bytes: z.int() })).min(1),
  wordpress_version: z.string(),
});

/** In every address of this fake S3; must be seen nowhere but in vars.json and given-*.json. */
export const SECRET = "5ec3e75ec3e7";
export const PART_SIZE_BYTES = 5 * 1024 * 1024;
const s3Folder = "/srv/fake-s3";
const s3Address = "http://127.0.0.1:9000";

const siteOf = (name: string, digits: string): Site => ({
  id: `0190a0b0-0000-7000-8000-${digits}`,
  user: `pl_${digits}`,
  host: `production.${name}.test`,
  url: `http://production.${name}.test:8088`,
  type: "production",
});
export const acme = siteOf("acme", "0123456789ab");
export const other = siteOf("other", "ba9876543210");

export interface BackUpOptions {
  /** How many addresses it is given at first. */
  readonly urls?: number;
  readonly runDir?: string;
  /** Default: a new one. */
  readonly id?: string;
}

export interface BackupHost extends PlaybookHost {
  backUp(site: Site, scope: Scope, options?: BackUpOptions): Promise<PlaybookRun>;
  /** A backup that succeeded, put together as CompleteMultipartUpload does. */
  makeBackup(site: Site, scope: Scope, options?: BackUpOptions): Promise<StoredBackup>;
  restore(site: Site, mode: Mode, input: RestoreInput): Promise<PlaybookRun>;
  /** What must be as it was when nothing was touched: files, database, facts and settings of a site, and who else is there. */
  stateOf(site: Site): Promise<string>;
  /** A new name for a release. */
  nextRelease(): string;
}

export interface RestoreInput {
  readonly backup: StoredBackup;
  readonly release: string;
  readonly runDir?: string;
}

export async function openBackupHost(folder: string): Promise<BackupHost> {
  const host = await openPlaybookHost(folder);
  try {
    await prepare(host);
    return extend(host);
  } catch (error) {
    await host.close();
    throw error;
  }
}

async function prepare(host: PlaybookHost): Promise<void> {
  await expectSuccess(host.run({ playbook: "node-provision", vars: { wordpress: { kind: "package" } } }));
  for (const [index, site] of [acme, other].entries()) {
    const environment = { ...site, release: `0000000${index + 1}` };
    const vars = { environment, wordpress: { kind: "package" }, site: { title: "Shop", admin_email: "a@example.com" } };
    await expectSuccess(host.run({ playbook: "site-create", vars }));
  }
  await host.feed("cat >/srv/fake_s3.py", readFileSync(new URL("fake_s3.py", import.meta.url)));
  await host.feed("cat >/srv/state.sh", readFileSync(new URL("backup-state.sh", import.meta.url)));
  const unit = `[Service]\nExecStart=/usr/bin/python3 -B /srv/fake_s3.py 9000 ${s3Folder}\n[Install]\nWantedBy=multi-user.target\n`;
  await host.feed("cat >/etc/systemd/system/fake-s3.service", unit);
  await host.feed(`mkdir -p ${s3Folder} && systemctl enable --quiet --now fake-s3`, "");
}

/** Throws with the end of the log unless the playbook succeeded. */
export async function expectSuccess(running: Promise<PlaybookRun>): Promise<PlaybookRun> {
  const run = await running;
  expect(run.exitCode, run.log.slice(-3000)).toBe(0);
  expect(run.log).not.toContain(SECRET);
  return run;
}

/** The run failed, and this task is the last that it came to. */
export function expectFailedAt(run: PlaybookRun, task: string): void {
  expect(run.exitCode, run.log.slice(-3000)).toBe(2);
  expect(lastTask(run.log), run.log.slice(-3000)).toBe(task);
  expect(run.log).not.toContain(SECRET);
}

export const lastTask = (log: string): string | undefined =>
  [...log.matchAll(/^TASK \[(?:\w+ : )?(.*?)\] \*/gm)].at(-1)?.[1];

/** Addresses of the parts from `first` on. */
export const addressesOf = (key: string, first: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${s3Address}/${key}/${first + index}?X-Amz-Signature=${SECRET}`);

function extend(host: PlaybookHost): BackupHost {
  const next = { backup: 0, release: 0 };
  const nextBackup = () => {
    next.backup += 1;
    return `0190a0b0-0000-7000-8000-${String(next.backup).padStart(12, "0")}`;
  };
  const backUp = (site: Site, scope: Scope, { urls = 20, runDir, id = nextBackup() }: BackUpOptions = {}) => {
    const upload = { part_size_bytes: PART_SIZE_BYTES, urls: addressesOf(id, 1, urls) };
    const vars = { environment: site, backup: { id, scope }, upload };
    return host.run({ playbook: "backup-create", vars, ...(runDir === undefined ? {} : { runDir }) });
  };
  return {
    ...host,
    backUp,
    async makeBackup(site, scope, { id = nextBackup(), ...options } = {}) {
      const run = await expectSuccess(backUp(site, scope, { ...options, id }));
      const { sha256, size_bytes, parts } = stored.parse(run.result);
      const files = parts.map(({ number }) => `${s3Folder}/${id}_${number}`).join(" ");
      await host.feed(`cat ${files} >${s3Folder}/${id}`, "");
      expect(await host.tell(`sha256sum <${s3Folder}/${id}; stat -c %s ${s3Folder}/${id}`)).toBe(
        `${sha256}  -\n${size_bytes}`,
      );
      return { id, environment_id: site.id, scope, sha256, size_bytes };
    },
    restore(site, mode, { backup, release, runDir }) {
      const url = mode === "verify" || mode === "drill" ? `${s3Address}/${backup.id}?X-Amz-Signature=${SECRET}` : null;
      const vars = { environment: { ...site, release }, mode, backup: { ...backup, url } };
      return host.run({ playbook: "env-restore", vars, ...(runDir === undefined ? {} : { runDir }) });
    },
    stateOf: async (site) => host.feed(`sh /srv/state.sh ${site.user}`, ""),
    nextRelease() {
      next.release += 1;
      return String(next.release).padStart(8, "a");
    },
  };
}

/** Puts other bytes under a backup's name; answers it as the store would describe it. */
export async function replaceStored(host: BackupHost, backup: StoredBackup, command: string): Promise<StoredBackup> {
  await host.feed(`cd ${s3Folder} && ${command}`, "");
  const [sha256 = "", size = ""] = (
    await host.tell(`sha256sum <${s3Folder}/${backup.id} | cut -d' ' -f1; stat -c %s ${s3Folder}/${backup.id}`)
  ).split("\n");
  return { ...backup, sha256, size_bytes: Number(size) };
}
