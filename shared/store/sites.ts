/** Sites, environments and backups in the table. They are made and changed together with a job. */
import { type BackupRecord, backupRecord } from "../domain/backup.ts";
import type { Subject } from "../domain/plans/plan.ts";
import { type EnvironmentRecord, environmentRecord, type SiteRecord, siteRecord } from "../domain/site.ts";
import { changes, fromItem, fromPage, isFree, isUnchanged, toItem } from "./items.ts";
import { backupsOf, environmentsOf, keys, partitions } from "./keys.ts";
import type { Condition, Item, Key, Table, Write } from "./table.ts";

type PageQuery = { limit: number; cursor?: string | undefined };

export const siteItem = (site: SiteRecord): Item =>
  toItem(keys.site(site.id), site, { list_pk: partitions.sites, list_sk: site.id });

export const environmentItem = (environment: EnvironmentRecord): Item =>
  toItem(keys.environment(environment.id), environment, {
    list_pk: environmentsOf(environment.siteId),
    list_sk: environment.id,
  });

export const backupItem = (backup: BackupRecord): Item =>
  toItem(keys.backup(backup.id), backup, { list_pk: backupsOf(backup.environmentId), list_sk: backup.id });

export const findSite = async (table: Table, id: string): Promise<SiteRecord | undefined> => {
  const item = await table.get(keys.site(id));
  return item && fromItem(siteRecord, item);
};

/** Removed ones are found too: their backups are still theirs. */
export const findEnvironment = async (table: Table, id: string): Promise<EnvironmentRecord | undefined> => {
  const item = await table.get(keys.environment(id));
  return item && fromItem(environmentRecord, item);
};

/** Those that are there, in the order of their ids; strongly consistent, other than the list. */
export const findEnvironments = async (table: Table, ids: readonly string[]): Promise<EnvironmentRecord[]> => {
  const found = await Promise.all(ids.map((id) => findEnvironment(table, id)));
  return found.filter((one) => one !== undefined);
};

export const findBackup = async (table: Table, id: string): Promise<BackupRecord | undefined> => {
  const item = await table.get(keys.backup(id));
  return item && fromItem(backupRecord, item);
};

/** A page of sites, newest first. Throws `BadCursor`. */
export const listSites = async (table: Table, page: PageQuery) =>
  fromPage(siteRecord, await table.query({ index: "list", pk: partitions.sites, descending: true, ...page }));

/** A page of a site's environments, newest first; removed ones are not in it. Throws `BadCursor`. */
export const listEnvironments = async (table: Table, siteId: string, page: PageQuery) =>
  fromPage(
    environmentRecord,
    await table.query({ index: "list", pk: environmentsOf(siteId), descending: true, ...page }),
  );

/** A page of an environment's backups, newest first. Throws `BadCursor`. */
export const listBackups = async (table: Table, environmentId: string, page: PageQuery) =>
  fromPage(backupRecord, await table.query({ index: "list", pk: backupsOf(environmentId), descending: true, ...page }));

interface Change<R extends { stateVersion: number }> {
  readonly key: Key;
  readonly before: R;
  readonly after: R;
  readonly when?: readonly Condition[];
  readonly remove?: readonly string[];
}

/** The update that turns one version of a record into another; none when nothing differs. Counts `stateVersion`. */
export const recordUpdate = <R extends { stateVersion: number }>(change: Change<R>): Write[] => {
  const { key, before, after, when = [], remove = [] } = change;
  const { stateVersion: _, ...set } = changes(before, after);
  if (Object.keys(set).length === 0) return when.length === 0 ? [] : [{ check: key, when }];
  return [{ update: key, set, add: { stateVersion: 1 }, remove, when: [{ exists: true }, ...when] }];
};

const environmentUpdate = (before: EnvironmentRecord, after: EnvironmentRecord): Write[] =>
  recordUpdate({
    key: keys.environment(before.id),
    before,
    after,
    remove: after.removedAtMs === null ? [] : ["list_pk", "list_sk"],
  });

const backupUpdate = (before: BackupRecord | null, after: BackupRecord | null): Write[] => {
  if (before === null || after === null) return [];
  const set = changes(before, after);
  return Object.keys(set).length === 0 ? [] : [{ update: keys.backup(before.id), set, when: [{ exists: true }] }];
};

interface SiteGroup {
  readonly site: SiteRecord;
  readonly environments: readonly EnvironmentRecord[];
}

/** A site and environments of it change without a job: only while no job has the site and nothing changed since they were read. */
export const resetWrites = (before: SiteGroup, after: SiteGroup): Write[] => {
  const when = [isFree, isUnchanged(before.site)];
  const site = recordUpdate({ key: keys.site(before.site.id), before: before.site, after: after.site, when });
  const environments = before.environments.flatMap((one, index) =>
    recordUpdate({
      key: keys.environment(one.id),
      before: one,
      after: after.environments[index] ?? one,
      when: [isUnchanged(one)],
    }),
  );
  return [...site, ...environments];
};

/** The site is gone: nobody finds it any more, and its slug can be used again. */
const siteRemoval = ({ id, slug }: SiteRecord): Write[] => [
  { delete: keys.site(id) },
  {
    delete: keys.siteSlug(slug),
    when: [{ anyOf: [{ exists: false }, { attribute: "siteId", is: "=", value: id }] }],
  },
];

/** What a settle writes of what its job is about. */
export const subjectWrites = (before: Subject, after: Subject, removed: "site" | undefined): Write[] => [
  ...(removed === "site"
    ? siteRemoval(before.site)
    : recordUpdate({ key: keys.site(before.site.id), before: before.site, after: after.site })),
  ...environmentUpdate(before.environment, after.environment),
  ...before.others.flatMap((other, index) => environmentUpdate(other, after.others[index] ?? other)),
  ...backupUpdate(before.made, after.made),
  ...backupUpdate(before.restored, after.restored),
];

/** What a site's job is about, strongly consistent; undefined when the site or environment is gone. */
export const findSubject = async (
  table: Table,
  job: {
    siteId: string;
    environmentId: string;
    madeBackupId: string | null;
    restoredBackupId: string | null;
  },
): Promise<Subject | undefined> => {
  const [site, environment, made, restored] = await Promise.all([
    findSite(table, job.siteId),
    findEnvironment(table, job.environmentId),
    job.madeBackupId === null ? undefined : findBackup(table, job.madeBackupId),
    job.restoredBackupId === null ? undefined : findBackup(table, job.restoredBackupId),
  ]);
  if (site === undefined || environment === undefined) return undefined;
  const otherIds = site.environmentIds.filter((id) => id !== environment.id);
  const others = await findEnvironments(table, otherIds);
  return { site, environment, others, made: made ?? null, restored: restored ?? null };
};
