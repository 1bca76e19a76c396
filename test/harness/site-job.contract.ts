/** What holds of every job of a site that is one run on its node, whatever interrupts it. */
import { describe, expect, test } from "vitest";
import type { JobRecord } from "../../shared/domain/job.ts";
import { begunOf, crashesAt, type SiteWorld } from "./site-world.ts";
import type { WorldOptions } from "./world.ts";

/** A job that was asked for and has ended, and the points that it passed. */
interface Ended {
  readonly world: SiteWorld;
  readonly job: JobRecord;
  readonly labels: readonly string[];
}

/** `ask` runs the job to its end and sees that the world is sound; `playbook` is that of its run. */
export const describeOneRun = (playbook: string, ask: (options: WorldOptions) => Promise<Ended>): void => {
  const expectOneRun = ({ world, job }: Ended): void => {
    expect(job.status).toBe("succeeded");
    expect(begunOf(world, playbook)).toHaveLength(1);
  };

  test("succeeds when every step runs twice, with one run on the node", async () => {
    expectOneRun(await ask({ everyStepTwice: true }));
  });

  describe("a crash at every numbered outside call and write", async () => {
    const { labels } = await ask({});
    test.each(crashesAt(labels))("$when $label ($point): succeeds with one run", async ({ point, when }) => {
      const ended = await ask({ crashes: [{ point, when }] });
      expectOneRun(ended);
      expect(ended.world.interrupts.crashes()).toBe(1);
    });
  });
};
