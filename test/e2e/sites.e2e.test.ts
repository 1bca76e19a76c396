/**
 * Every job of a site on the deployed stack, with stand-ins on the other end of the SSH connections: done while its messages
 * come again and again, failed at a task, and with backups that were spoiled. Words in slugs make the faults:
 * `local/stand-ins/README.md`.
 */
import { beforeAll, describe, expect, test } from "vitest";
import * as sites from "../../contracts/site-models.ts";
import { makeArtifacts, makeS3Clients } from "../../shared/artifacts.ts";
import { readLambdaLogs } from "../lambda-logs.ts";
import { answers, aws, call, connect, getNode, named, stack } from "./client.ts";
import {
  expectUnchanged,
  type Ground,
  getBackups,
  getEnvironment,
  getSite,
  leave,
  makeGround,
  readTable,
  spoil,
  start,
  stored,
  succeed,
  work,
} from "./site-client.ts";

const restoreRuns = ["verify_backup", "safety_send_parts", "restore", "clean_up"];

beforeAll(async () => {
  expect(await connect()).toMatchObject({ status: 200, body: { status: "connected" } });
});

/** A site on the ground's own node, with its primary environment. */
const makeSite = async (ground: Ground, slug: string) => {
  const body = { name: "Müller & Söhne", slug: named(slug), node_id: ground.nodeId };
  const job = await succeed(ground, start("POST", "/api/sites", body), "deploy");
  const site = await getSite(job.site_id);
  return { site, main: await getEnvironment(site.primary_environment_id) };
};

const clone = async (ground: Ground, main: sites.Environment, slug: string): Promise<sites.Environment> => {
  const wish = { name: slug, slug, type: "clone", promotion_preset: "content-protect" };
  const body = { ...wish, source_environment_id: main.id };
  const job = await succeed(ground, start("POST", `/api/sites/${main.site_id}/environments`, body), "clone");
  return getEnvironment(job.environment_id);
};

const startBackup = ({ id }: sites.Environment) =>
  start("POST", `/api/environments/${id}/backups`, { backup_scope: "full" });

const backUp = async (ground: Ground, environment: sites.Environment): Promise<sites.Backup> => {
  await succeed(ground, startBackup(environment), "send_parts");
  const [backup] = await getBackups(environment.id);
  if (backup === undefined) throw new Error("there is no backup");
  expect(backup).toMatchObject({ status: "completed", backup_scope: "full", environment_id: environment.id });
  expect(await stored(backup)).toEqual({ size_bytes: backup.size_bytes, checksum: backup.checksum });
  return backup;
};

const startRestore = ({ id, environment_id }: sites.Backup) =>
  start("POST", `/api/environments/${environment_id}/restore`, { backup_id: id });
const startDrill = ({ id }: sites.Environment) => start("POST", `/api/environments/${id}/restore-drill`);

describe.skipIf(stack().machines !== "stand-ins")("on a node of its own", { timeout: 400_000 }, () => {
  test.concurrent("a site is made, cloned, backed up, tried out, restored, entered and removed", async () => {
    const ground = await makeGround("sites-life");
    const { site, main } = await makeSite(ground, "life");
    expect(site).toMatchObject({ status: "active", node_id: ground.nodeId, name: "Müller & Söhne" });
    expect(main).toMatchObject({ status: "active", environment_type: "production", wordpress_version: "6.1.9" });

    const copy = await clone(ground, main, "try");
    expect(copy).toMatchObject({
      status: "active",
      source_environment_id: main.id,
      current_release_id: expect.any(String),
    });
    expect(copy.preview_url).not.toBe(main.preview_url);
    expect((await getSite(site.id)).status).toBe("active");

    const backup = await backUp(ground, main);
    const drill = await succeed(ground, startDrill(main), "try_out");
    expect((await getBackups(main.id))[0]?.last_drill).toMatchObject({ succeeded: true, job_id: drill.id });

    await succeed(ground, startRestore(backup), ...restoreRuns);
    const restored = await getEnvironment(main.id);
    expect(restored).toMatchObject({ status: "active", wordpress_version: "6.1.9" });
    expect(restored.current_release_id).not.toBe(main.current_release_id);
    expect((await getBackups(main.id)).map(({ status }) => status)).toEqual(["completed", "completed"]);
    expect(await getEnvironment(copy.id)).toEqual(copy);

    const login = await call("POST", `/api/environments/${main.id}/login`);
    expect(login.status).toBe(200);
    expect(sites.loginLink.parse(login.body).login_url).toContain(`${main.preview_url}/`);
    const reset = await call("POST", `/api/environments/${main.id}/reset`);
    expect(reset).toMatchObject({ status: 409, body: { code: "resource_not_failed" } });

    const tooSoon = await call("DELETE", `/api/environments/${main.id}`);
    expect(tooSoon).toMatchObject({ status: 409, body: { code: "conflict" } });
    await succeed(ground, start("DELETE", `/api/environments/${copy.id}`), "remove");
    expect((await call("GET", `/api/environments/${copy.id}`)).status).toBe(404);
    const notEmpty = await call("DELETE", `/api/nodes/${ground.nodeId}`);
    expect(notEmpty).toMatchObject({ status: 409, body: { code: "node_has_sites" } });
    await succeed(ground, start("DELETE", `/api/sites/${site.id}`), "final_send_parts", "remove");
    expect((await call("GET", `/api/sites/${site.id}`)).status).toBe(404);
    expect(await getBackups(main.id)).toHaveLength(3);

    await leave(ground);
    expect((await getNode(ground.nodeId)).status).toBe("decommissioned");
  });

  test.concurrent("what fails at a task says at which, why and what to do, and leaves all as it was", async () => {
    const ground = await makeGround("sites-fail");
    const { site, main } = await makeSite(ground, "syntax-error-at-env-delete");

    const full = await clone(ground, main, "no-room-at-backup-create");
    const unstored = await work(ground, { asked: startBackup(full), steps: ["send_parts"] });
    expect(unstored).toMatchObject({
      status: "failed",
      error_code: "ANSIBLE_HOST_FAILED",
      error_reason: "task_failed",
    });
    expect(unstored.error_message).toContain("There is room on the disk");
    expect(unstored.guidance.join(" ")).toContain("Free space on the node");
    expect(unstored.log_tail.join("\n")).toContain("TASK [simulated : There is room on the disk]");
    expect((await getBackups(full.id)).map(({ status, checksum }) => [status, checksum])).toEqual([["failed", null]]);
    expect(await getEnvironment(full.id)).toMatchObject({ status: "active" });

    const mute = await clone(ground, main, "no-answer-at-env-restore");
    const backup = await backUp(ground, mute);
    const steps = ["verify_backup", "safety_send_parts", "restore", "clean"];
    const unanswered = await work(ground, { asked: startRestore(backup), steps });
    expect(unanswered).toMatchObject({ error_code: "ANSIBLE_HOST_FAILED", error_reason: "health_check_failed" });
    expect(unanswered.guidance.join(" ")).toContain("as it was before");
    expect(await getEnvironment(mute.id)).toMatchObject({
      status: "active",
      current_release_id: mute.current_release_id,
    });
    const tried = await work(ground, { asked: startDrill(mute), steps: ["try_out", "clean"] });
    expect(tried).toMatchObject({ status: "failed", error_reason: "health_check_failed" });
    expect((await getBackups(mute.id))[0]?.last_drill).toMatchObject({ succeeded: false, job_id: tried.id });

    const asked = start("DELETE", `/api/environments/${full.id}`);
    const unreadable = await work(ground, { asked, steps: ["remove"] });
    expect(unreadable).toMatchObject({ status: "failed", error_code: "ANSIBLE_SYNTAX_ERROR" });
    expect(await getEnvironment(full.id)).toMatchObject({ status: "failed" });
    const refused = await call("POST", `/api/environments/${full.id}/login`);
    expect(refused).toMatchObject({ status: 409, body: { code: "environment_not_active" } });
    const reset = await call("POST", `/api/environments/${full.id}/reset`);
    expect(reset).toMatchObject({ status: 200, body: { success: true, status: "active" } });
    expect(await getEnvironment(full.id)).toMatchObject({ status: "active" });

    await succeed(ground, start("DELETE", `/api/sites/${site.id}?final_backup=false`), "remove");
    await leave(ground);
  });

  test.concurrent("what Ansible cannot read fails at once, whichever job it is, and can be reset or removed", async () => {
    const ground = await makeGround("sites-unread");
    const expectUnread = async (asked: Promise<string>, ...steps: string[]) => {
      const job = await work(ground, { asked, steps });
      expect(job).toMatchObject({ status: "failed", error_code: "ANSIBLE_SYNTAX_ERROR", attempt_count: 1 });
      expect(job.guidance.join(" ")).toContain("Update it");
      expect(job.log_tail.join("\n")).toContain("fatal:");
      return job;
    };

    const body = { name: "Unmade", slug: named("syntax-error-at-site-create"), node_id: ground.nodeId };
    const unmade = await expectUnread(start("POST", "/api/sites", body), "deploy");
    expect((await getSite(unmade.site_id)).status).toBe("failed");
    expect(await call("POST", `/api/sites/${unmade.site_id}/reset`)).toMatchObject({
      status: 409,
      body: { code: "reset_validation_failed" },
    });
    await succeed(ground, start("DELETE", `/api/sites/${unmade.site_id}`), "remove");

    const { site, main } = await makeSite(ground, "syntax-error-at-site-delete");
    const wish = { name: "Uncopied", type: "staging", promotion_preset: "content-protect" };
    const copy = { ...wish, slug: "syntax-error-at-env-create", source_environment_id: main.id };
    const uncopied = await expectUnread(start("POST", `/api/sites/${site.id}/environments`, copy), "clone");
    expect((await getEnvironment(uncopied.environment_id)).status).toBe("failed");
    expect(await getEnvironment(main.id)).toEqual(main);
    await succeed(ground, start("DELETE", `/api/environments/${uncopied.environment_id}`), "remove");

    const steady = await clone(ground, main, "syntax-error-at-env-restore");
    const backup = await backUp(ground, steady);
    await expectUnread(startRestore(backup), "verify_backup", "clean");
    await expectUnread(startDrill(steady), "try_out", "clean");
    expect(await getEnvironment(steady.id)).toMatchObject({
      status: "active",
      current_release_id: steady.current_release_id,
    });
    expect((await getBackups(steady.id)).find(({ id }) => id === backup.id)).toEqual(backup);

    await expectUnread(start("DELETE", `/api/sites/${site.id}?final_backup=false`), "remove");
    expect((await getSite(site.id)).status).toBe("failed");
    expect(await call("POST", `/api/sites/${site.id}/reset`)).toMatchObject({
      status: 200,
      body: { status: "active" },
    });
    expect((await getEnvironment(steady.id)).status).toBe("active");
    await expectUnchanged(ground);
  });

  test.concurrent("a backup that was spoiled is refused, and one job at a time works on a site and a node", async () => {
    const ground = await makeGround("sites-spoil");
    const { site, main } = await makeSite(ground, "many-parts");
    const backup = await takenMeanwhile(ground, main);

    const refuse = async (bytes: Buffer | null, ...steps: string[]) => {
      await spoil(backup, bytes);
      const job = await work(ground, { asked: startRestore(backup), steps });
      expect(job).toMatchObject({ status: "failed", error_code: "BACKUP_CHECKSUM_MISMATCH" });
      expect(job.guidance.join(" ")).toContain("The environment is as it was");
      expect(await getEnvironment(main.id)).toMatchObject({
        status: "active",
        current_release_id: main.current_release_id,
      });
      return job.error_reason;
    };
    const sizeBytes = backup.size_bytes ?? 0;
    expect(await refuse(Buffer.alloc(sizeBytes, "rot"), "verify_backup", "clean")).toBe("checksum_mismatch");
    const tried = await work(ground, { asked: startDrill(main), steps: ["try_out", "clean"] });
    expect(tried.error_reason).toBe("checksum_mismatch");
    const known = (await getBackups(main.id)).find(({ id }) => id === backup.id);
    expect(known).toMatchObject({ status: "completed", last_drill: { succeeded: false, job_id: tried.id } });
    expect(await refuse(Buffer.alloc(sizeBytes - 1))).toBe("checksum_mismatch");
    expect(await refuse(null)).toBe("backup_missing");
    expect(await getBackups(main.id)).toHaveLength(4);

    await succeed(ground, start("DELETE", `/api/sites/${site.id}?final_backup=false`), "remove");
    await leave(ground);
  });
});

/** A backup of many parts, and what else is asked of its site and node while it is made. */
const takenMeanwhile = async (ground: Ground, main: sites.Environment): Promise<sites.Backup> => {
  const jobId = await startBackup(main);
  const taken = { status: 409, body: { code: "conflict", details: { job_id: jobId } } };
  const body = { backup_scope: "full" };
  expect(await call("POST", `/api/environments/${main.id}/backups`, body)).toMatchObject(taken);
  expect(await call("POST", `/api/environments/${main.id}/restore-drill`)).toMatchObject({ status: 409 });
  expect(await call("DELETE", `/api/sites/${main.site_id}`)).toMatchObject(taken);
  const other = { name: "Other", slug: named("other"), node_id: ground.nodeId };
  expect(await call("POST", "/api/sites", other)).toMatchObject(taken);
  expect(await call("DELETE", `/api/nodes/${ground.nodeId}`)).toMatchObject({ status: 409 });
  await succeed(ground, Promise.resolve(jobId), "send_parts");
  const [backup] = await getBackups(main.id);
  if (backup === undefined) throw new Error("there is no backup");
  expect(backup.status).toBe("completed");
  return backup;
};

test("no signed address is in the table, in a log or in an answer", async () => {
  const { artifacts_bucket: bucket, artifacts_endpoint: endpoint } = stack();
  const artifacts = makeArtifacts({ ...makeS3Clients(endpoint, aws()), bucket });
  const secret = "X-Amz-Signature";
  expect(await artifacts.readAddress("backups/any")).toContain(secret);
  expect(await readTable()).not.toContain(secret);
  const logs = (await readLambdaLogs(stack())).join("\n");
  expect(logs).toContain("job_look");
  expect(logs).not.toContain(secret);
  expect(answers.join("\n")).not.toContain(secret);
});
