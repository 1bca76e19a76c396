import { QueryClient, type QueryState } from "@tanstack/solid-query";
import { expect, it } from "vitest";
import { ApiFailure, offline } from "./failure.ts";
import { whileFailing } from "./queries.ts";

const queryWith = (change: Partial<QueryState>) => {
  const client = new QueryClient();
  const query = client.getQueryCache().build(client, { queryKey: ["names"] });
  query.setState({ ...query.state, ...change });
  return query;
};

const failed = (error: Error, errorUpdateCount: number) => ({ status: "error", error, errorUpdateCount }) as const;
const refused = (status: number, retryAfterMs = 0) => new ApiFailure("refused", "No.", { status, retryAfterMs });

it.each<[string, Partial<QueryState>, number | false]>([
  ["is on its way", {}, false],
  ["is there", { status: "success", data: 1 }, false],
  ["failed for want of a network", failed(offline(), 1), 30_000],
  ["failed again and again", failed(refused(503), 5), 60_000],
  ["is to wait longer", failed(refused(429, 90_000), 1), 90_000],
  ["is refused for good", failed(refused(404), 1), false],
])("what is asked for once and %s is asked for again after %s ms", (_, state, expected) => {
  const again = whileFailing();
  expect(again !== false && again(queryWith(state))).toBe(expected);
});
