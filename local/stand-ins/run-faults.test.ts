import { describe, expect, it } from "vitest";
import { decideRun, runFaultNames } from "./run-faults.ts";

const at = (host: string, playbook: string, mode?: string) => decideRun({ playbook, mode, hosts: [host] });

describe("words in the slugs of a site and its environments", () => {
  it.each(runFaultNames)("%s changes runs of the playbook that they name, and no other", (what) => {
    const word = `${what}-at-env-restore`;
    expect(at(`${word}.shop.localhost`, "env-restore", "apply")).not.toEqual({});
    expect(at(`my-${word}-2.shop.localhost`, "env-restore", "apply")).not.toEqual({});
    expect(at(`production.${word}.localhost`, "env-restore", "apply")).not.toEqual({});
    expect(at(`${word}.shop.localhost`, "backup-create")).toEqual({});
    expect(at(`my${word}.shop.localhost`, "env-restore", "apply")).toEqual({});
    expect(at("production.shop.localhost", "env-restore", "apply")).toEqual({});
  });

  it.each([
    ["verify", false],
    ["apply", true],
    ["drill", true],
    ["clean", false],
  ])("make a site not answer only where one is shown: %s", (mode, isMet) => {
    const said = at("no-answer-at-env-restore.shop.localhost", "env-restore", mode);
    expect(said.end !== undefined).toBe(isMet);
  });

  it("combine, and are looked for at every environment that a run is about", () => {
    const hosts = ["production.shop.localhost", "try-slow-at-site-delete.shop.localhost"];
    expect(decideRun({ playbook: "site-delete", mode: undefined, hosts })).toEqual({ seconds: 30 });
    expect(at("slow-at-backup-create-many-parts.shop.localhost", "backup-create")).toEqual({ seconds: 30, parts: 41 });
  });

  it("say nothing of a run that is about no environment", () => {
    expect(decideRun({ playbook: "node-provision", mode: undefined, hosts: [] })).toEqual({});
  });
});
