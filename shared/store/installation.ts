/** The installation: one id for the life of the table. It marks everything that is ours at a provider. */
import * as z from "zod";
import { fromItem } from "./items.ts";
import { keys } from "./keys.ts";
import type { Table } from "./table.ts";

const installation = z.object({ id: z.uuid() });

export const findInstallation = async (table: Table): Promise<string | undefined> => {
  const item = await table.get(keys.installation());
  return item && fromItem(installation, item).id;
};

/** The installation's id, made at the first call. Of two first calls one wins, and both are told its id. */
export const getInstallation = async (table: Table, makeId: () => string): Promise<string> => {
  const known = await findInstallation(table);
  if (known !== undefined) return known;
  const id = makeId();
  const made = await table.write({ put: { ...keys.installation(), id }, when: [{ exists: false }] });
  const winner = made.ok ? id : await findInstallation(table);
  if (winner === undefined) throw new Error("the installation was removed from the table while it was read");
  return winner;
};
