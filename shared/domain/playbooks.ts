/**
 * The playbooks of `ansible/` as functions: what each is told and what it answers. Names of variables are the playbooks'
 * own. Whatever a person typed is in here as data and nowhere else.
 */
import * as z from "zod";
import type { WordpressSource } from "../../contracts/wordpress-source.ts";
import { type BackupRecord, PARTS_MAX } from "./backup.ts";
import type { EnvironmentRecord } from "./site.ts";
import { systemUserOf } from "./site.ts";

export type { WordpressSource };

export interface EnvironmentVars {
  readonly id: string;
  readonly user: string;
  readonly host: string;
  /** Without a slash at its end. */
  readonly url: string;
  readonly type: EnvironmentRecord["environmentType"];
  readonly release: string;
}

/** Whom to remove. */
export interface RemovedVars {
  readonly environments: readonly { readonly id: string; readonly user: string }[];
}

export interface PlaybookVars {
  readonly "node-provision": { readonly wordpress: WordpressSource };
  readonly "site-create": {
    readonly environment: EnvironmentVars;
    readonly wordpress: WordpressSource;
    readonly site: { readonly title: string; readonly admin_email: string };
  };
  readonly "env-create": {
    readonly environment: EnvironmentVars;
    readonly source: { readonly user: string; readonly url: string };
    readonly wordpress: WordpressSource;
  };
  readonly "env-delete": RemovedVars;
  readonly "site-delete": RemovedVars;
  readonly "backup-create": {
    readonly environment: { readonly id: string; readonly user: string; readonly url: string };
    readonly backup: { readonly id: string; readonly scope: BackupRecord["scope"] };
    /** Pre-signed addresses of the first parts; more are asked for. Secrets. */
    readonly upload: { readonly part_size_bytes: number; readonly urls: readonly string[] };
  };
  readonly "env-restore": {
    readonly environment: EnvironmentVars;
    readonly mode: "verify" | "apply" | "drill" | "clean";
    readonly backup: {
      readonly id: string;
      readonly environment_id: string;
      readonly scope: BackupRecord["scope"];
      readonly sha256: string;
      readonly size_bytes: number;
      /** Pre-signed, for `verify` and `drill`. A secret. */
      readonly url: string | null;
    };
  };
}

export type Playbook = keyof PlaybookVars;

/** One run of a playbook on a node. The same id is never run twice. */
export type RunOrder = {
  [P in Playbook]: {
    readonly id: string;
    readonly playbook: P;
    readonly vars: PlaybookVars[P];
    /** The node itself ends the run after this time. */
    readonly timeoutMinutes: number;
  };
}[Playbook];

const version = z.string().max(40);

/** What each playbook answers in `result.json`. It comes from a machine that others may control. */
export const playbookResults = {
  "node-provision": z.object({ php_version: version, wordpress_version: version.nullable(), distribution: version }),
  "site-create": z.object({ wordpress_version: version }),
  "env-create": z.object({ wordpress_version: version }),
  "env-delete": z.object({}),
  "site-delete": z.object({}),
  "backup-create": z.object({
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    size_bytes: z.int().min(1),
    parts: z
      .array(
        z.object({
          number: z.int().min(1).max(PARTS_MAX),
          etag: z.string().regex(/^"?[0-9a-f]{32}"?$/),
          size_bytes: z.int().min(1),
        }),
      )
      .min(1)
      .max(PARTS_MAX),
    wordpress_version: version.nullable(),
  }),
  "env-restore": z.object({
    mode: z.enum(["verify", "apply", "drill", "clean"]),
    /** Of a drill: whether WordPress answered. */
    ok: z.boolean().optional(),
    /** Of what was restored. */
    wordpress_version: version.nullable().optional(),
  }),
} as const satisfies Record<Playbook, z.ZodType>;
export type PlaybookResult<P extends Playbook> = z.infer<(typeof playbookResults)[P]>;

/** An environment as playbooks know it, with the release that is to be made or used. */
export const environmentVars = (environment: EnvironmentRecord, release: string): EnvironmentVars => ({
  id: environment.id,
  user: systemUserOf(environment.id),
  host: new URL(environment.previewUrl).hostname,
  url: environment.previewUrl,
  type: environment.environmentType,
  release,
});

export const removedVars = (environments: readonly EnvironmentRecord[]): RemovedVars => ({
  environments: environments.map(({ id }) => ({ id, user: systemUserOf(id) })),
});
