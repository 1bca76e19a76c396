/** The two smokes as a person would tell them. Each starts with a site of this run on a ready node. */
import * as z from "zod";
import * as answers from "./answers.ts";
import { decidePause } from "./budget.ts";
import { SmokeFailed } from "./failure.ts";
import { runJob } from "./jobs.ts";
import { type Expected, untilShown } from "./preview.ts";
import { assertId, getActive, type Scene } from "./scene.ts";
import { openWordpress, type Wordpress } from "./wordpress.ts";

export interface Stage {
  readonly siteId: string;
  readonly environment: answers.EnvironmentAnswer;
}

export type Story = (scene: Scene, stage: Stage) => Promise<void>;

const front = ({ preview_url }: answers.EnvironmentAnswer): URL => new URL(`${preview_url}/`);

const visit = async ({ clock, signal, budgets }: Scene, url: URL, expected: Expected): Promise<void> => {
  await untilShown({ url, expected, budgetSeconds: budgets.preview, clock, signal });
};

const enter = (scene: Scene, { id, preview_url }: answers.EnvironmentAnswer): Promise<Wordpress> =>
  openWordpress({ ...scene, environmentId: id, previewUrl: preview_url });

// --- Clone ---

/** A site with a post of this run is cloned; the clone shows the same under its own address, and the original is untouched. */
export const clonePreview: Story = async (scene, { siteId, environment: original }) => {
  const { steps, names } = scene;
  const shows = [names.titleMarker, names.postMarker];
  const postId = await steps.run("write a post", async () => {
    const wordpress = await enter(scene, original);
    const content = `<p>${names.postMarker} <a href="${original.preview_url}/about">about</a></p>`;
    return wordpress.publishPost({ title: names.postMarker, content });
  });
  await steps.run("see it on the front page", () => visit(scene, front(original), { shows }));
  const clone = await steps.run("clone the environment", () => cloneOf(scene, siteId, original.id));
  await steps.run(
    "see the clone",
    () => judgeClone(scene, original, clone),
    () => clone.preview_url,
  );
  const post = new URL(`${clone.preview_url}/?p=${postId}`);
  await steps.run("see its post, with links of its own", () => visit(scene, post, ownLinks(scene, original, clone)));
  await steps.run("see the original as before", () => visit(scene, front(original), { shows }));
  await steps.run("delete the clone", () => removeClone(scene, clone.id));
};

const cloneOf = async (scene: Scene, siteId: string, sourceId: string): Promise<answers.EnvironmentAnswer> => {
  const body = {
    name: "Smoke clone",
    slug: "copy",
    type: "clone",
    source_environment_id: sourceId,
    promotion_preset: "content-protect",
  };
  const key = `${scene.names.name}-clone`;
  const budgetSeconds = scene.budgets.job;
  const job = await runJob(scene, { id: "createEnvironment", of: siteId, body, key, budgetSeconds });
  return getActive(scene, assertId(job.environment_id, "the job names no environment"));
};

const judgeClone = async (scene: Scene, original: answers.EnvironmentAnswer, clone: answers.EnvironmentAnswer) => {
  if (new URL(clone.preview_url).host === new URL(original.preview_url).host) {
    throw new SmokeFailed(`the clone has the address of its original: ${clone.preview_url}`);
  }
  const { shows = [], lacks = [] } = ownLinks(scene, original, clone);
  await visit(scene, front(clone), { shows: [scene.names.titleMarker, ...shows], lacks, noindex: true });
};

/** The marker, links to itself, and none to the original: also not as JSON or PHP write a slash. */
const ownLinks = (
  { names }: Scene,
  original: answers.EnvironmentAnswer,
  clone: answers.EnvironmentAnswer,
): Expected => {
  const there = new URL(original.preview_url).host;
  return {
    shows: [names.postMarker, `//${new URL(clone.preview_url).host}`],
    lacks: [`//${there}`, `\\/\\/${there}`, `%2F%2F${encodeURIComponent(there)}`],
  };
};

const removeClone = async (scene: Scene, cloneId: string): Promise<void> => {
  await runJob(scene, { id: "deleteEnvironment", of: cloneId, budgetSeconds: scene.budgets.job });
};

// --- Backup and restore ---

/** A site is backed up, damaged so that a visitor sees it, and restored to what it was: title, post and uploaded file. */
export const backupRestore: Story = async (scene, { environment }) => {
  const { steps } = scene;
  const content = await steps.run("write a post and upload a file", () => writeContent(scene, environment));
  await steps.run("see them", () => seeContent(scene, environment, content));
  const backup = await steps.run("back up", () => backUp(scene, environment.id), sizeOf);
  await steps.run("damage the site", () => damage(content));
  await steps.run("see the damage", () => seeDamage(scene, environment, content));
  const restored = await steps.run("restore the backup", () => restore(scene, environment.id, backup.id));
  await steps.run("see everything again", () => seeContent(scene, environment, content));
  await steps.run("find the safety backup", () => findBackup(scene, environment.id, restored.id), sizeOf);
};

const sizeOf = ({ size_bytes }: answers.BackupAnswer): string => `${((size_bytes ?? 0) / 1e6).toFixed(1)} MB`;

interface Content {
  readonly wordpress: Wordpress;
  readonly postId: number;
  readonly file: { readonly id: number; readonly url: URL };
  readonly fileText: string;
}

const writeContent = async (scene: Scene, environment: answers.EnvironmentAnswer): Promise<Content> => {
  const { name, postMarker } = scene.names;
  const wordpress = await enter(scene, environment);
  const postId = await wordpress.publishPost({ title: postMarker, content: "<p>To be lost and found.</p>" });
  const fileText = `${postMarker}\n`;
  return { wordpress, postId, file: await wordpress.uploadFile(`${name}.txt`, fileText), fileText };
};

const seeContent = async (scene: Scene, environment: answers.EnvironmentAnswer, { file, fileText }: Content) => {
  await getActive(scene, environment.id);
  const { titleMarker, postMarker } = scene.names;
  await visit(scene, front(environment), { shows: [titleMarker, postMarker], lacks: [DAMAGED] });
  await visit(scene, file.url, { shows: [fileText] });
};

const DAMAGED = "Damaged by a smoke";

const damage = async ({ wordpress, postId, file }: Content): Promise<void> => {
  await wordpress.deletePost(postId);
  await wordpress.deleteFile(file.id);
  await wordpress.writeTitle(DAMAGED);
};

const seeDamage = async (scene: Scene, environment: answers.EnvironmentAnswer, { file, fileText }: Content) => {
  const { titleMarker, postMarker } = scene.names;
  await visit(scene, front(environment), { shows: [DAMAGED], lacks: [titleMarker, postMarker] });
  await visit(scene, file.url, { status: 404, lacks: [fileText] });
};

const backUp = async (scene: Scene, environmentId: string): Promise<answers.BackupAnswer> => {
  const key = `${scene.names.name}-backup`;
  const body = { backup_scope: "full" };
  const budgetSeconds = scene.budgets.job;
  const job = await runJob(scene, { id: "createBackup", of: environmentId, body, key, budgetSeconds });
  return findBackup(scene, environmentId, job.id);
};

/** The backup that a job made. On AWS a list may be behind, so it is looked at until the time is up. */
const findBackup = async (scene: Scene, environmentId: string, jobId: string): Promise<answers.BackupAnswer> => {
  const { api, clock, signal, budgets } = scene;
  const endMs = clock.nowMs() + budgets.preview * 1_000;
  const query = { limit: "100" };
  for (let look = 0; ; look += 1) {
    const backups = await api.call("listBackups", z.array(answers.backup), { of: environmentId, query });
    const found = judgeBackups(backups, jobId);
    if ("backup" in found) return found.backup;
    const pauseMs = decidePause({ look, retryAfterMs: null, leftMs: endMs - clock.nowMs() });
    if (pauseMs === null) throw new SmokeFailed(found.fault);
    await clock.pause(pauseMs, signal);
  }
};

type Found = { readonly backup: answers.BackupAnswer } | { readonly fault: string };

/** Complete, whole, and with the figures of what was really stored. */
const judgeBackups = (backups: readonly answers.BackupAnswer[], jobId: string): Found => {
  const backup = backups.find(({ job_id, backup_scope }) => job_id === jobId && backup_scope === "full");
  if (backup === undefined) return { fault: `no full backup of the job ${jobId} is listed` };
  const isWhole = /^[0-9a-f]{64}$/.test(backup.checksum ?? "") && (backup.size_bytes ?? 0) > 0;
  if (backup.status === "completed" && isWhole) return { backup };
  return { fault: `the backup ${backup.id} is ${backup.status}, its checksum ${backup.checksum ?? "missing"}` };
};

const restore = async (scene: Scene, environmentId: string, backupId: string): Promise<answers.JobAnswer> => {
  const key = `${scene.names.name}-restore`;
  const body = { backup_id: backupId };
  // Two jobs in one: the safety backup comes first.
  const budgetSeconds = scene.budgets.job * 2;
  return runJob(scene, { id: "restoreEnvironment", of: environmentId, body, key, budgetSeconds });
};
