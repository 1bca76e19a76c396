/** Says aloud when the other tests of this project have no machine to run on. */
import { expect, test } from "vitest";
import { hostsPossible } from "../../local/hosts/index.ts";

const answer = await hostsPossible();
const why = answer.possible ? "" : ` (SKIPPED with all tests on real hosts: ${answer.reason})`;

test.skipIf(!answer.possible && process.env.CI !== "true")(`real hosts can run on this machine${why}`, () => {
  expect(answer).toEqual({ possible: true });
});
