/** Environments and backups in words: kinds, what can be begun, what a restore replaces. */
import type { Backup, Environment } from "../../contracts/site-models.ts";
import { countWord } from "./amounts.ts";
import type { Look } from "./looks.ts";

export const typeWords: Readonly<Record<Environment["environment_type"], string>> = {
  production: "Production",
  staging: "Staging",
  clone: "Clone",
};

interface Choice {
  readonly word: string;
  readonly hint: string;
}

export const scopeWords: Readonly<Record<Backup["backup_scope"], Choice>> = {
  full: { word: "Everything", hint: "Files and database. The only kind that can stand in for the whole site." },
  db: { word: "Database", hint: "Posts, pages, orders, users and settings. Restoring it leaves the files alone." },
  files: { word: "Files", hint: "Uploads, themes and plugins. Restoring it leaves the database alone." },
};

export const presetWords: Readonly<Record<Environment["promotion_preset"], Choice>> = {
  "content-protect": { word: "Content", hint: "For sites whose posts and pages go on changing." },
  "commerce-protect": { word: "Content and orders", hint: "For shops: orders and customers as well." },
};

const replaced: Readonly<Record<Backup["backup_scope"], string>> = {
  full: "All files and the whole database",
  db: "The whole database; files stay as they are",
  files: "All files; the database stays as it is",
};

/** What a restore takes the place of. */
export const replacedBy = ({ backup_scope }: Pick<Backup, "backup_scope">): string => replaced[backup_scope];

/** What can be begun with it, as the API would have it. */
export const allowedIn = ({ status }: Pick<Environment, "status">) => ({
  /** Backed up, cloned, tried out, logged in to. */
  isInService: status === "active",
  isRestorable: status === "active" || status === "failed",
  isResettable: status === "failed",
});

/** The others keep their order. */
export const primaryFirst = <T extends { readonly id: string }>(
  environments: readonly T[],
  primary: string | null,
): T[] => [...environments.filter(({ id }) => id === primary), ...environments.filter(({ id }) => id !== primary)];

/** Was the backup ever restored? Only then it counts. Null: there is nothing to restore. */
export const drillLook = ({ last_drill, status }: Pick<Backup, "last_drill" | "status">): Look | null => {
  if (last_drill !== null)
    return last_drill.succeeded ? { word: "Works", tone: "ok" } : { word: "Failed", tone: "bad" };
  return status === "completed" ? { word: "Not yet", tone: "off" } : null;
};

/** "3 backups that can be restored, 1 proven by a restore": are we safe? */
export const backupsAnswer = (backups: readonly Backup[]): string => {
  const usable = backups.filter(({ status }) => status === "completed");
  if (usable.length === 0) return "No backup that could be restored.";
  const proven = usable.filter(({ last_drill }) => last_drill?.succeeded === true).length;
  const tried = usable.some(({ last_drill }) => last_drill !== null);
  const none = tried ? "no restore has worked yet" : "no restore was tried yet";
  const proof = proven === 0 ? none : `${proven} proven by a restore`;
  return `${countWord(usable.length, "backup")} that can be restored, ${proof}`;
};
