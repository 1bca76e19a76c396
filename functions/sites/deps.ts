/** What the function of sites is made of. */
import type { Log } from "../../shared/log.ts";
import type { Queue } from "../../shared/queue.ts";
import type { Table } from "../../shared/store/table.ts";

export interface SitesDeps {
  table: Table;
  queue: Queue;
  log: Log;
  /** A new UUIDv7. */
  newId(nowMs: number): string;
  /** What follows `<environment>.<site>.` in the host of a preview; see `previewUrlOf`. */
  previewDomain: string;
}
