/** Ids: UUIDs of version 7, which sort by the time they were made. */
import { v7 } from "uuid";

/** A new UUIDv7 of the moment `nowMs` (epoch milliseconds). */
export const newId = (nowMs: number): string => v7({ msecs: nowMs });
