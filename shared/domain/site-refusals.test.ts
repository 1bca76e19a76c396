import { describe, expect, it } from "vitest";
import { siteStatuses } from "../../contracts/site-models.ts";
import type { NodeRecord } from "./node.ts";
import {
  choosePlace,
  cloneRefusal,
  ENVIRONMENTS_MAX,
  environmentDeleteRefusal,
  inactiveRefusal,
  nodeRefusal,
  restoreRefusal,
  siteDeleteRefusal,
  siteRefusal,
  slugRefusal,
} from "./site-refusals.ts";
import { environmentId, makeBackup, makeBackupState } from "./testing/backups.ts";
import { makeActiveNode, startMs } from "./testing.ts";

const ready = { checkedAtMs: 0, reached: true, sudo: true, runtime: true };
const node = (change: Partial<NodeRecord> = {}) => makeActiveNode({ probe: ready, ...change });
const { subject } = makeBackupState();
const site = { ...subject.site, openJobId: null };
const { environment } = subject;

describe("a node", () => {
  it.each([
    ["node_status_not_active", { status: "provisioning", openJobId: "job-9" }],
    ["node_host_missing", { publicIp: null }],
    ["ssh_port_invalid", { sshPort: 0 }],
    ["ssh_user_missing", { sshUser: "" }],
    ["node_unreachable", { probe: { ...ready, reached: false } }],
    ["sudo_unavailable", { probe: { ...ready, sudo: false } }],
    ["runtime_missing", { probe: { ...ready, runtime: false } }],
    ["environments_forgotten", { forgottenEnvironments: 1 }],
    ["node_deletion_pending", { serverState: "still_billing" }],
  ] as const)("is refused with %s and guidance, before anything is said of its job", (reason, change) => {
    const refusal = nodeRefusal(node(change));
    expect(refusal).toMatchObject({ code: "node_not_ready", details: { reason_codes: [reason] } });
    expect(refusal?.guidance?.join("")).not.toBe("");
  });

  it("that is ready and free is fine; one that a job has is a conflict that names it", () => {
    expect(nodeRefusal(node())).toBeNull();
    expect(nodeRefusal(node({ openJobId: "job-9" }))).toMatchObject({ code: "conflict", details: { job_id: "job-9" } });
  });

  it("is not looked at while a job has the site: that one has both", () => {
    const taken = siteRefusal({ ...site, openJobId: "job-8" }, node({ openJobId: "job-8", status: "unreachable" }));
    expect(taken).toMatchObject({ code: "conflict", details: { site_id: site.id, job_id: "job-8" } });
    expect(siteRefusal(site, node({ status: "unreachable" }))?.code).toBe("node_not_ready");
  });
});

describe("a node that has forgotten environments", () => {
  const forgetful = node({ forgottenEnvironments: 2 });

  it("takes no more of them, and what is left on it can still be worked on and removed", () => {
    expect(choosePlace([forgetful])).toMatchObject({ code: "node_not_ready" });
    expect(cloneRefusal(site, forgetful)).toMatchObject({ details: { reason_codes: ["environments_forgotten"] } });
    expect(siteRefusal(site, forgetful)).toBeNull();
    expect(siteDeleteRefusal(site, forgetful, true)).toBeNull();
  });
});

describe("a node whose deletion was refused", () => {
  const going = node({ serverState: "still_billing", deletionBlockedReason: "protected" });

  it("takes no site, and one that is there all the same can be backed up and removed", () => {
    expect(choosePlace([going])).toMatchObject({ code: "node_not_ready" });
    expect(cloneRefusal(site, going)).toMatchObject({ details: { reason_codes: ["node_deletion_pending"] } });
    expect(siteRefusal(site, going)).toBeNull();
    expect(siteDeleteRefusal(site, going, true)).toBeNull();
  });
});

describe("the deletion of a site", () => {
  const missed = { probe: { ...ready, reached: false } };

  it.each([
    ["ready", {}, true, null],
    ["ready", {}, false, null],
    ["unreachable", { status: "unreachable" }, true, "node_not_ready"],
    ["unreachable", { status: "unreachable", ...missed }, false, null],
    ["missed by one probe", missed, false, "node_not_ready"],
    ["without the runtime", { probe: { ...ready, runtime: false } }, false, "node_not_ready"],
    ["being provisioned", { status: "provisioning" }, false, "node_not_ready"],
    ["unreachable, and a job has it", { status: "unreachable", openJobId: "job-9" }, false, "conflict"],
  ] as const)("on a node that is %s (%j), with a backup: %s", (_what, change, withBackup, code) => {
    expect(siteDeleteRefusal(site, node(change), withBackup)?.code ?? null).toBe(code);
  });

  it("names the job that has the site, also on a lost node", () => {
    const taken = siteDeleteRefusal({ ...site, openJobId: "job-8" }, node({ status: "unreachable" }), false);
    expect(taken).toMatchObject({ code: "conflict", details: { site_id: site.id, job_id: "job-8" } });
  });

  it("and that of an environment say the way out of a lost server", () => {
    const lost = node({ status: "unreachable" });
    const refusals = [siteDeleteRefusal(site, lost, true), environmentDeleteRefusal(environment, site, lost)];
    for (const refusal of refusals) {
      expect(refusal?.guidance?.at(-1)).toContain("final_backup=false");
      expect(refusal?.guidance?.[0]).not.toContain("final_backup");
    }
  });
});

describe("the place of a site", () => {
  const idsOf = (nodes: readonly NodeRecord[]) => {
    const places = choosePlace(nodes);
    return "code" in places ? places.code : places.map(({ id }) => id);
  };

  it("is the emptiest of the nodes that are ready and free, then the next", () => {
    const full = node({ id: "full", environmentCount: 9 });
    const empty = node({ id: "empty", environmentCount: 1 });
    const busy = node({ id: "busy", openJobId: "job-9" });
    expect(idsOf([full, busy, empty, node({ id: "ill", status: "unreachable" })])).toEqual(["empty", "full"]);
  });

  it.each([
    ["only busy ones", [node({ openJobId: "job-9" }), node({ status: "unreachable" })], "conflict"],
    ["none ready", [node({ status: "unreachable" })], "node_not_ready"],
    ["none at all", [], "node_not_ready"],
  ] as const)("there is none: %s", (_what, nodes, code) => {
    expect(idsOf(nodes)).toBe(code);
  });
});

describe("an environment", () => {
  it.each(siteStatuses)("that is %s", (status) => {
    const refusal = inactiveRefusal({ ...environment, status });
    expect(refusal?.code ?? null).toBe(status === "active" ? null : "environment_not_active");
    expect(refusal?.guidance?.join("") ?? "x").not.toBe("");
  });

  it("that is primary goes last", () => {
    const [id, other] = [environment.id, "another"];
    const of = (environmentIds: string[]) =>
      environmentDeleteRefusal(environment, { ...site, primaryEnvironmentId: id, environmentIds }, node());
    expect(of([id, other])?.code).toBe("conflict");
    expect(of([id])).toBeNull();
    expect(
      environmentDeleteRefusal(
        { ...environment, id: other },
        { ...site, primaryEnvironmentId: id, environmentIds: [id, other] },
        node(),
      ),
    ).toBeNull();
  });

  it("needs a slug of its own in its site, and room", () => {
    expect(slugRefusal([environment], environment.slug)).toMatchObject({
      code: "conflict",
      details: { field: "slug" },
    });
    expect(slugRefusal([environment], "staging")).toBeNull();
    const full = Array.from({ length: ENVIRONMENTS_MAX }, (_, n) => ({ ...environment, slug: `e${n}` }));
    expect(slugRefusal(full, "staging")).toMatchObject({ details: { limit: ENVIRONMENTS_MAX } });
    expect(slugRefusal(full.slice(1), "staging")).toBeNull();
  });
});

describe("a backup to restore", () => {
  it.each([
    ["unknown", undefined, "bad_request"],
    ["of another environment", makeBackup({ environmentId: "another" }), "bad_request"],
    ["pending", makeBackup({ status: "pending" }), "conflict"],
    ["running", makeBackup({ status: "running" }), "conflict"],
    ["failed", makeBackup({ status: "failed" }), "conflict"],
    ["over", makeBackup({ retentionUntilMs: startMs }), "conflict"],
    ["without a checksum", makeBackup({ checksum: null }), "conflict"],
    ["completed and kept", makeBackup({ retentionUntilMs: startMs + 1 }), null],
  ] as const)("that is %s", (_what, backup, code) => {
    expect(restoreRefusal(backup, environmentId, startMs)?.code ?? null).toBe(code);
  });
});
