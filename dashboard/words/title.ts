/** What the browser's tab says. */
import type { Metrics } from "../../contracts/models.ts";
import { openWord } from "./jobs.ts";

const PRODUCT = "Pressluft";

type Figures = Pick<Metrics, "jobs_running" | "jobs_queued"> | undefined;

/** Jobs that are not over: running, or waiting for their turn. */
export const openJobsOf = (metrics: Figures): number =>
  metrics === undefined ? 0 : metrics.jobs_running + metrics.jobs_queued;

/** "2 running, 1 queued". Null: there is none, or nobody knows. */
export const openJobsWord = (metrics: Figures): string | null =>
  metrics === undefined ? null : openWord({ running: metrics.jobs_running, queued: metrics.jobs_queued });

/** "Nodes · 2 running – Pressluft". `place`: where one is; null: not known yet. `open`: the jobs that are. */
export const titleOf = (place: string | null, open: string | null): string => {
  const said = [place, open].filter((part) => part !== null);
  return said.length === 0 ? PRODUCT : `${said.join(" · ")} – ${PRODUCT}`;
};
