/** `backup_create`: an environment is backed up. It stays in service, whatever becomes of the backup. */
import { moveOn } from "./moves.ts";
import type { Plan } from "./plan.ts";
import { atRest, sitePlan } from "./site-plan.ts";
import { storeBackup } from "./store-backup.ts";

export const backupCreate: Plan = sitePlan({
  ...storeBackup({ prefix: "", from: 2, to: 100 }),
  totalMinutes: 6 * 60,
  succeeded: (state) => moveOn(atRest(state, "unchanged"), 0),
  ended: (state) => moveOn(atRest(state, "unchanged"), 0),
});
