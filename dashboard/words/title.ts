/** What the browser's tab says. */
import type { Metrics } from "../../contracts/models.ts";

const PRODUCT = "Pressluft";

/** Jobs that are not over: running, or waiting for their turn. */
export const openJobsOf = (metrics: Pick<Metrics, "jobs_running" | "jobs_queued"> | undefined): number =>
  metrics === undefined ? 0 : metrics.jobs_running + metrics.jobs_queued;

/** "Nodes · 2 running – Pressluft". `place`: where one is; null: not known yet. */
export const titleOf = (place: string | null, jobsRunning: number): string => {
  const said = [place, jobsRunning === 0 ? null : `${jobsRunning} running`].filter((part) => part !== null);
  return said.length === 0 ? PRODUCT : `${said.join(" · ")} – ${PRODUCT}`;
};
