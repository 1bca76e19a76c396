import type { WorkerDeps } from "../worker/deps.ts";

/** What the sweeper shares with the worker; what it does for providers has its own deps (`functions/providers/scheduled.ts`). */
export type SweeperDeps = Pick<WorkerDeps, "table" | "queue" | "clock" | "log" | "readSecret" | "hetznerFor">;
