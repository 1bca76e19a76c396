import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decideBehaviour, faultNames } from "./behaviour.ts";
import { runFaultNames } from "./run-faults.ts";

const timings = { sshReadyMs: 1, cloudInitMs: 2 };

describe("faults", () => {
  it("are all in the README, and no other", () => {
    const readme = readFileSync(new URL("README.md", import.meta.url), "utf8");
    const rows = [...readme.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, word]) => word);
    expect(rows).toEqual([...faultNames, ...runFaultNames, "many-parts"]);
  });

  it.each(faultNames)("%s changes how a machine behaves, wherever it stands in the name", (word) => {
    const healthy = decideBehaviour("web", timings);
    const faulty = decideBehaviour(word, timings);
    expect(faulty).not.toEqual(healthy);
    expect(decideBehaviour(`web-${word}-2`, timings)).toEqual(faulty);
    expect(decideBehaviour(`web${word}`, timings)).toEqual(healthy);
  });
});
