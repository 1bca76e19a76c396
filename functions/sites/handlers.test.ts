/** What the API takes and refuses of sites that are there: real edge, handlers and store over a table in memory. */
import { describe, expect, it } from "vitest";
import * as z from "zod";
import * as shape from "../../contracts/site-models.ts";
import { ENVIRONMENTS_MAX } from "../../shared/domain/site-refusals.ts";
import { readBody } from "../http/testing.ts";
import {
  accepted,
  backupOf,
  busyJobId,
  dayMs,
  mutations,
  posts,
  refused,
  restore,
  rows,
  staging,
  strangeId,
  withBackup,
  withSite,
} from "./fixture.ts";

describe("every job on a site", () => {
  it.each(rows)("$operation takes site and node, and wakes the worker", async ({ ask }) => {
    const { fixture, environment, site } = await withBackup();
    const jobId = accepted(await ask(fixture, environment));
    expect((await fixture.site(site.id)).openJobId).toBe(jobId);
    expect((await fixture.node()).openJobId).toBe(jobId);
    expect(fixture.sent).toEqual([{ v: 1, job_id: jobId, seq: 0 }]);
  });

  it.each(rows)("$operation is a 409 that names the job which has the site", async ({ ask }) => {
    const { fixture, environment, site } = await withBackup();
    await fixture.putSite({ ...site, openJobId: busyJobId, status: "restoring" });
    await fixture.putEnvironment({ ...environment, status: "restoring" });
    expect(refused(await ask(fixture, environment))).toMatchObject({
      status: 409,
      code: "conflict",
      details: { site_id: site.id, job_id: busyJobId },
    });
  });

  it.each(rows)("$operation is a 409 that names the job which has the node", async ({ ask }) => {
    const { fixture, environment } = await withBackup();
    const node = await fixture.node();
    await fixture.putNode({ ...node, openJobId: busyJobId });
    expect(refused(await ask(fixture, environment))).toMatchObject({
      status: 409,
      code: "conflict",
      details: { node_id: node.id, job_id: busyJobId },
    });
  });

  it.each(rows)("$operation is a 409 node_not_ready while its node is not", async ({ ask }) => {
    const { fixture, environment } = await withBackup();
    await fixture.putNode({ ...(await fixture.node()), status: "unreachable" });
    expect(refused(await ask(fixture, environment))).toMatchObject({ status: 409, code: "node_not_ready" });
    expect(fixture.sent).toEqual([]);
  });

  it.each(rows)("$operation twice at once is one job, and the other answer names it", async ({ ask }) => {
    const { fixture, environment } = await withBackup();
    const both = await Promise.all([ask(fixture, environment), ask(fixture, environment)]);
    const [won, lost] = both[0].statusCode === 202 ? both : [both[1], both[0]];
    expect(refused(lost)).toMatchObject({ code: "conflict", details: { job_id: accepted(won) } });
  });

  it.each(rows)("$operation of nothing is a 404", async ({ ask }) => {
    const { fixture, environment } = await withBackup();
    await fixture.putBackup(backupOf({ ...environment, id: strangeId }, fixture.startMs));
    const unknown = { ...environment, id: strangeId, siteId: strangeId };
    expect(refused(await ask(fixture, unknown))).toMatchObject({ status: 404, code: "not_found" });
  });

  it.each(posts)("$operation under one key is one job, though it would be refused now", async ({ ask }) => {
    const { fixture, environment } = await withBackup();
    const first = accepted(await ask(fixture, environment, "key-1"));
    expect(accepted(await ask(fixture, environment, "key-1"))).toBe(first);
    expect(fixture.sent).toHaveLength(1);
  });

  it("under one key for another environment is a mismatch", async () => {
    const { fixture, environment } = await withBackup();
    accepted(await mutations.startRestoreDrill(fixture, environment, "key-1"));
    const other = { ...environment, id: strangeId };
    expect(refused(await mutations.startRestoreDrill(fixture, other, "key-1")).code).toBe("idempotency_mismatch");
  });
});

describe("createEnvironment", () => {
  it("makes a cloning environment beside its source, which stays in service", async () => {
    const { fixture, site, environment } = await withSite();
    const job = await fixture.job(accepted(await mutations.createEnvironment(fixture, environment)));
    expect(await fixture.environment(job.environmentId ?? "")).toMatchObject({
      slug: "staging",
      environmentType: "staging",
      status: "cloning",
      sourceEnvironmentId: environment.id,
      promotionPreset: "commerce-protect",
      previewUrl: "http://staging.acme.198-18-0-1.example.org:8088",
    });
    expect(await fixture.site(site.id)).toMatchObject({
      status: "cloning",
      environmentIds: [environment.id, job.environmentId],
    });
    expect((await fixture.environment(environment.id)).status).toBe("active");
    expect((await fixture.node()).environmentCount).toBe(2);
  });

  it("of a slug that another environment of the site has is a 409 on it", async () => {
    const { fixture, site, environment } = await withSite();
    const body = { ...staging(environment), slug: "production" };
    expect(refused(await fixture.post(`/api/sites/${site.id}/environments`, body))).toMatchObject({
      status: 409,
      code: "conflict",
      details: { field: "slug" },
    });
  });

  it.each([["of another site"], ["that is removed"], ["that there is not"]])(
    "from an environment %s is a 400 on it",
    async (which) => {
      const { fixture, site, environment } = await withSite();
      const source = { ...environment, id: strangeId };
      if (which === "of another site") await fixture.putEnvironment({ ...source, siteId: strangeId });
      if (which === "that is removed") await fixture.putEnvironment({ ...source, removedAtMs: 1 });
      expect(refused(await fixture.post(`/api/sites/${site.id}/environments`, staging(source)))).toMatchObject({
        status: 400,
        details: { field: "source_environment_id" },
      });
    },
  );

  it("beyond the most a site can have is a 409", async () => {
    const { fixture, site, environment } = await withSite();
    const ids = Array.from(
      { length: ENVIRONMENTS_MAX },
      (_, n) => `018f0000-0000-7000-8000-${String(n).padStart(12, "0")}`,
    );
    for (const [n, id] of ids.entries()) await fixture.putEnvironment({ ...environment, id, slug: `e${n}` });
    await fixture.putSite({ ...site, environmentIds: ids });
    const source = { ...environment, id: ids[0] ?? "" };
    expect(refused(await mutations.createEnvironment(fixture, source))).toMatchObject({
      code: "conflict",
      details: { limit: ENVIRONMENTS_MAX },
    });
  });

  it.each(["a b", "../x", "xn--a", "A", "", "a;id"])("with the slug %j is a 400 on it", async (slug) => {
    const { fixture, site, environment } = await withSite();
    const answer = refused(await fixture.post(`/api/sites/${site.id}/environments`, { ...staging(environment), slug }));
    expect(answer).toMatchObject({ status: 400, details: { field: "slug" } });
  });
});

describe("an environment that is not in service", () => {
  const needing = rows.filter(({ operation }) =>
    ["createEnvironment", "createBackup", "startRestoreDrill"].includes(operation),
  );
  it.each(needing)("is no ground for $operation", async ({ ask }) => {
    const { fixture, environment } = await withBackup();
    await fixture.putEnvironment({ ...environment, status: "failed" });
    expect(refused(await ask(fixture, environment))).toMatchObject({
      status: 409,
      code: "environment_not_active",
      details: { environment_id: environment.id, status: "failed" },
    });
  });

  it.each(["restoreEnvironment", "deleteEnvironment", "deleteSite"] as const)(
    "can be mended or removed by %s",
    async (operation) => {
      const { fixture, environment } = await withBackup();
      await fixture.putEnvironment({ ...environment, status: "failed" });
      const { statusesBefore } = await fixture.job(accepted(await mutations[operation](fixture, environment)));
      expect(statusesBefore).toEqual({ [environment.id]: "failed" });
    },
  );
});

describe("deleteEnvironment and deleteSite", () => {
  const withSecond = async () => {
    const made = await withSite();
    const jobId = accepted(await mutations.createEnvironment(made.fixture, made.environment));
    await made.fixture.finish(jobId);
    return { ...made, second: await made.fixture.environment((await made.fixture.job(jobId)).environmentId ?? "") };
  };

  it("refuse the primary environment while there are others, and take it as the last", async () => {
    const { fixture, environment, second, site } = await withSecond();
    expect(refused(await mutations.deleteEnvironment(fixture, environment))).toMatchObject({
      status: 409,
      code: "conflict",
    });
    accepted(await mutations.deleteEnvironment(fixture, second));
    const { environmentIds: _, ...rest } = await fixture.site(site.id);
    await fixture.putSite({ ...rest, environmentIds: [environment.id], openJobId: null });
    await fixture.putNode({ ...(await fixture.node()), openJobId: null });
    accepted(await mutations.deleteEnvironment(fixture, environment));
  });

  it("show all environments of a site that goes as deploying, and back it up in full first", async () => {
    const { fixture, environment, second, site } = await withSecond();
    const job = await fixture.job(accepted(await mutations.deleteSite(fixture, environment)));
    expect((await fixture.site(site.id)).status).toBe("deploying");
    for (const { id } of [environment, second]) expect((await fixture.environment(id)).status).toBe("deploying");
    const listed = await fixture.get(`/api/environments/${environment.id}/backups`);
    expect(z.array(shape.backup).parse(readBody(listed))).toMatchObject([
      { id: job.madeBackupId, backup_scope: "full", status: "pending", job_id: job.id },
    ]);
    expect(job.steps.map(({ name }) => name)).toContain("final_send_parts");
  });

  it("make no backup when it is not wanted", async () => {
    const { fixture, site } = await withSite();
    const job = await fixture.job(accepted(await fixture.remove(`/api/sites/${site.id}`, "final_backup=false")));
    expect([job.madeBackupId, fixture.countOf("BACKUP#"), job.steps.map(({ name }) => name)]).toEqual([
      null,
      0,
      ["remove"],
    ]);
  });

  it("make none of an environment that never was in service", async () => {
    const { fixture, site, environment } = await withSite();
    await fixture.putEnvironment({ ...environment, status: "failed", release: null });
    expect((await fixture.job(accepted(await fixture.remove(`/api/sites/${site.id}`)))).madeBackupId).toBeNull();
  });

  it("refuse a site of a lost node and say the way out, which is taken only in so many words", async () => {
    const { fixture, environment, site } = await withSite();
    await fixture.putNode({ ...(await fixture.node()), status: "unreachable" });
    for (const query of ["", "final_backup=true"]) {
      const answer = refused(await fixture.remove(`/api/sites/${site.id}`, query));
      expect(answer.code).toBe("node_not_ready");
      expect(answer.guidance?.at(-1)).toContain("final_backup=false");
    }
    expect(refused(await mutations.deleteEnvironment(fixture, environment)).guidance?.at(-1)).toContain("final_backup");
    const job = await fixture.job(accepted(await fixture.remove(`/api/sites/${site.id}`, "final_backup=false")));
    expect([job.steps.map(({ name }) => name), job.madeBackupId]).toEqual([["forget_environments"], null]);
    expect((await fixture.node()).openJobId).toBe(job.id);
  });

  it("refuse to forget what may be there again tomorrow: one missed probe is not enough", async () => {
    const { fixture, site } = await withSite();
    const probe = { checkedAtMs: 0, reached: false, sudo: false, runtime: false };
    await fixture.putNode({ ...(await fixture.node()), probe });
    const answer = refused(await fixture.remove(`/api/sites/${site.id}`, "final_backup=false"));
    expect(answer).toMatchObject({ code: "node_not_ready", details: { reason_codes: ["node_unreachable"] } });
  });

  it("leave a node that has forgotten others: a clone is refused there, backup and removal are not", async () => {
    const { fixture, environment } = await withBackup();
    await fixture.putNode({ ...(await fixture.node()), forgottenEnvironments: 1 });
    expect(refused(await mutations.createEnvironment(fixture, environment))).toMatchObject({
      code: "node_not_ready",
      details: { reason_codes: ["environments_forgotten"] },
    });
    accepted(await mutations.createBackup(fixture, environment));
  });

  it.each(["yes", "", "False"])("refuse final_backup=%s", async (value) => {
    const { fixture, site } = await withSite();
    const answer = refused(await fixture.remove(`/api/sites/${site.id}`, `final_backup=${value}`));
    expect(answer).toMatchObject({ status: 400, details: { field: "final_backup" } });
  });
});

describe("createBackup and restoreEnvironment", () => {
  it.each(["db", "files", "full"])("back up %s: a backup that is pending, kept for 30 days", async (scope) => {
    const { fixture, environment } = await withSite();
    const jobId = accepted(await fixture.post(`/api/environments/${environment.id}/backups`, { backup_scope: scope }));
    const [listed] = z
      .array(shape.backup)
      .parse(readBody(await fixture.get(`/api/environments/${environment.id}/backups`)));
    expect(listed).toMatchObject({
      environment_id: environment.id,
      backup_scope: scope,
      status: "pending",
      storage_path: `backups/${environment.id}/${listed?.id}.tar.zst`,
      retention_until: new Date(Date.parse(listed?.created_at ?? "") + 30 * dayMs).toISOString(),
      checksum: null,
      job_id: jobId,
    });
    expect((await fixture.environment(environment.id)).status).toBe("active");
  });

  it("restore after a full safety backup", async () => {
    const { fixture, environment, site } = await withBackup();
    const job = await fixture.job(accepted(await mutations.restoreEnvironment(fixture, environment)));
    expect(job).toMatchObject({ jobType: "env_restore", restoredBackupId: backupOf(environment, 0).id });
    expect([(await fixture.site(site.id)).status, (await fixture.environment(environment.id)).status]).toEqual([
      "restoring",
      "restoring",
    ]);
    expect(await fixture.table.get({ pk: `BACKUP#${job.madeBackupId}`, sk: "BACKUP" })).toMatchObject({
      scope: "full",
      status: "pending",
    });
  });

  it("restore without one where that is asked for", async () => {
    const { fixture, environment } = await withBackup();
    const body = { backup_id: backupOf(environment, 0).id, safety_backup: false };
    const job = await fixture.job(accepted(await fixture.post(`/api/environments/${environment.id}/restore`, body)));
    expect(job).toMatchObject({ jobType: "env_restore", madeBackupId: null });
    expect(job.steps.map(({ name }) => name)).toEqual(["find_backup", "verify_backup", "restore", "clean_up"]);
    const listed = z
      .array(shape.backup)
      .parse(readBody(await fixture.get(`/api/environments/${environment.id}/backups`)));
    expect(listed.map(({ id }) => id)).toEqual([body.backup_id]);
  });

  it.each(["no", 0, null])("refuse safety_backup %j", async (wish) => {
    const { fixture, environment } = await withBackup();
    const body = { backup_id: backupOf(environment, 0).id, safety_backup: wish };
    expect(refused(await fixture.post(`/api/environments/${environment.id}/restore`, body))).toMatchObject({
      status: 400,
      details: { field: "safety_backup" },
    });
  });

  it.each([["unknown"], ["of another environment"]])("refuse a backup that is %s, with a 400 on it", async (which) => {
    const { fixture, environment } = await withSite();
    const foreign = backupOf({ ...environment, id: strangeId }, fixture.startMs);
    if (which !== "unknown") await fixture.putBackup(foreign);
    expect(refused(await restore(fixture, environment, foreign.id))).toMatchObject({
      status: 400,
      code: "bad_request",
      details: { field: "backup_id" },
    });
    expect(fixture.sent).toEqual([]);
  });

  it.each([
    ["pending", { status: "pending" }],
    ["running", { status: "running" }],
    ["failed", { status: "failed" }],
    ["expired", { retentionUntilMs: 0 }],
  ] as const)("refuse a backup that is %s, with a 409", async (status, change) => {
    const { fixture, environment } = await withSite();
    const backup = backupOf(environment, fixture.startMs, change);
    await fixture.putBackup(backup);
    expect(refused(await restore(fixture, environment, backup.id))).toMatchObject({
      status: 409,
      code: "conflict",
      details: { backup_id: backup.id, status },
    });
  });
});

describe("startRestoreDrill", () => {
  it("tries out the newest backup that can be restored", async () => {
    const { fixture, environment } = await withSite();
    const ids = ["b1", "b2", "b3"].map((end) => `018f0000-0000-7000-8000-0000000000${end}`);
    const [oldest = "", middle = "", newest = ""] = ids;
    for (const id of [oldest, middle]) await fixture.putBackup(backupOf(environment, fixture.startMs, { id }));
    await fixture.putBackup(backupOf(environment, fixture.startMs, { id: newest, status: "failed" }));
    const job = await fixture.job(accepted(await mutations.startRestoreDrill(fixture, environment)));
    expect(job).toMatchObject({ jobType: "restore_drill", restoredBackupId: middle, madeBackupId: null });
    expect((await fixture.environment(environment.id)).status).toBe("active");
  });

  it("looks beyond one page", async () => {
    const { fixture, environment } = await withSite();
    const idOf = (n: number) => `018f0000-0000-7000-8000-${String(n).padStart(12, "0")}`;
    await fixture.putBackup(backupOf(environment, fixture.startMs, { id: idOf(0) }));
    for (let n = 1; n <= 100; n += 1)
      await fixture.putBackup(backupOf(environment, fixture.startMs, { id: idOf(n), status: "failed" }));
    const job = await fixture.job(accepted(await mutations.startRestoreDrill(fixture, environment)));
    expect(job.restoredBackupId).toBe(idOf(0));
  });

  it.each([
    ["there is none", null],
    ["it is expired", { retentionUntilMs: 0 }],
  ] as const)("is a 409 when %s", async (_when, change) => {
    const { fixture, environment } = await withSite();
    if (change) await fixture.putBackup(backupOf(environment, fixture.startMs, change));
    expect(refused(await mutations.startRestoreDrill(fixture, environment))).toMatchObject({
      status: 409,
      code: "conflict",
    });
  });
});
