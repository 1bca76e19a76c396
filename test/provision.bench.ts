/**
 * `npm run bench`: what a node costs in requests to Hetzner, alone and in a burst of twenty; and how long our own code
 * takes for the burst, as a multiple of one node in the same run. Hetzner is simulated on a stepped clock.
 */
import { makeWorld, runJob } from "./harness/world.ts";

const ROUNDS = 15;

const provision = async (count: number) => {
  const world = await makeWorld();
  const runs = [];
  for (let index = 0; index < count; index += 1) runs.push(await world.order(`bench-${index}`));
  for (const run of runs) await runJob(world, run);
  return world;
};

const requestsOf = (world: Awaited<ReturnType<typeof provision>>): string => {
  const requests = world.simulator.requests();
  const counts = [...Map.groupBy(requests, ({ method, route }) => `${method} ${route}`)];
  const batches = requests
    .filter(({ route }) => route === "/actions")
    .map(({ query }) => query.split("id=").length - 1);
  const listed = counts.map(([route, all]) => `  ${String(all.length).padStart(4)} ${route}`).join("\n");
  return `${requests.length} requests\n${listed}\n  action ids in one request: ${batches.join(", ")}`;
};

const medianMs = async (count: number): Promise<number> => {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const fromMs = performance.now();
    await provision(count);
    times.push(performance.now() - fromMs);
  }
  return times.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0;
};

const print = (line: string): void => void process.stdout.write(`${line}\n`);

for (const count of [1, 20]) print(`${count} node(s): ${requestsOf(await provision(count))}`);
const [one, twenty] = [await medianMs(1), await medianMs(20)];
print(`twenty nodes take ${(twenty / one).toFixed(1)} times as long as one (medians of ${ROUNDS} rounds)`);
