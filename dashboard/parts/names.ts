/** What jobs are about, by name, where nothing else asks for nodes and sites. */
import { createQuery } from "@tanstack/solid-query";
import { type Accessor, createMemo } from "solid-js";
import type { Job } from "../../contracts/models.ts";
import { metricsQuery, nodesQuery, sitesQuery, whileFailing } from "../api/queries.ts";
import { nameJobs } from "../words/jobs.ts";

/** Two pages: names are not worth more requests. What was read for another page is used, however much it is. */
const FEW = 200;

/** Asked for once: names do not change. */
export const createNames = (): Accessor<(job: Job) => string | undefined> => {
  const metrics = createQuery(() => metricsQuery());
  const isFew = (count: number | undefined) => count !== undefined && count <= FEW;
  const nodes = createQuery(() => ({
    ...nodesQuery(),
    enabled: isFew(metrics.data?.nodes_total),
    refetchInterval: whileFailing(),
  }));
  const sites = createQuery(() => ({
    ...sitesQuery(),
    enabled: isFew(metrics.data?.sites_total),
    refetchInterval: whileFailing(),
  }));
  return createMemo(() => nameJobs(nodes.data?.items ?? [], sites.data?.items ?? []));
};
