/** Sites on a real host, from the API to the browser and back: everything that the product is made of, at once. */
import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as models from "../../contracts/models.ts";
import * as sites from "../../contracts/site-models.ts";
import { clientConfig } from "../../local/aws/aws.ts";
import { checkout } from "../../local/aws/host.ts";
import { type Cloud, startCloud } from "../../local/cloud/start.ts";
import { sweep } from "../../local/hosts/index.ts";
import { systemUserOf } from "../../shared/domain/site.ts";
import { readLambdaLogs, sumLooks } from "../lambda-logs.ts";
import { type Client, makeClient, visit } from "./client.ts";
import { makeNodeShell, type NodeShell } from "./node-shell.ts";

const dir = ".local/e2e-sites";
const free = { port: 0, isExact: false };
/** What a person may well type, and what must never be more than text. */
const title = `Müller & Söhne "Brezn" $(id) {{ 7*7 }} '; DROP TABLE wp_posts; --`;

let cloud: Cloud;
let client: Client;
let node: models.Node;
let shell: NodeShell;

const startMs = performance.now();
const say = (text: string) =>
  process.stderr.write(`${((performance.now() - startMs) / 1000).toFixed(1).padStart(6)} s  ${text}\n`);
/** Does it and tells how long it took. */
const timed = async <T>(what: string, work: Promise<T>): Promise<T> => {
  const beganMs = performance.now();
  const done = await work;
  say(`${what}: ${((performance.now() - beganMs) / 1000).toFixed(1)} s`);
  return done;
};

beforeAll(async () => {
  const ports = { gateway: free, aws: free, hetzner: free, ssh: free };
  cloud = await startCloud({ ports, dir, latency: "fast", machines: "real", platform: process.platform, log: say });
  client = await makeClient(cloud.stack);
}, 900_000);
afterAll(async () => {
  await cloud?.stop();
  await sweep(resolve(checkout, dir));
}, 120_000);

const environmentOf = (jobId: string): Promise<sites.Environment> =>
  client
    .call(models.job, "GET", `jobs/${jobId}`)
    .then(({ environment_id }) => client.environment(environment_id ?? ""));

/** The title as a page shows it. */
const shown = async ({ preview_url }: sites.Environment): Promise<string | undefined> => {
  const { body } = await visit(`${preview_url}/`);
  const found = /<title>([^<]*)<\/title>/.exec(body)?.[1];
  return found
    ?.replaceAll(/&#0?39;|&#8217;/g, "'")
    .replaceAll("&amp;", "&")
    .replaceAll("&quot;", '"');
};

const folderOf = ({ id }: sites.Environment) => `/srv/pressluft/${systemUserOf(id)}`;
const databaseOf = (one: sites.Environment) => `${systemUserOf(one.id)}_${one.current_release_id}`;

describe("a site", { timeout: 900_000 }, () => {
  let site: sites.Site;
  let main: sites.Environment;
  let clone: sites.Environment;
  let backup: sites.Backup;

  test("is made on a node that is ready", async () => {
    const ordered = await timed("node_provision", client.ended(await client.order("web-1"), 300));
    expect(ordered.error_message ?? ordered.status).toBe("succeeded");
    node = await client.call(models.node, "GET", `nodes/${ordered.node_id}`);
    expect(node).toMatchObject({ status: "active", readiness: { is_ready: true, reason_codes: [] } });
    shell = await makeNodeShell(cloud.stack, node.id);
    const made = await timed("site_create", client.work("POST", "sites", { name: title, slug: "shop" }));
    site = await client.call(sites.site, "GET", `sites/${made.site_id}`);
    main = await client.environment(site.primary_environment_id ?? "");
    expect([site.status, main.status]).toEqual(["active", "active"]);
  });

  test("is seen at its preview with the title as it was typed", async () => {
    const seen = await visit(`${main.preview_url}/`);
    expect(seen.status).toBe(200);
    expect(seen.headers["content-security-policy"]).toBeUndefined();
    expect(await shown(main)).toContain("Müller & Söhne");
    expect(
      await shell({
        command: "mariadb",
        stdin: `SELECT option_value FROM \`${databaseOf(main)}\`.wp_options WHERE option_name = 'blogname'`,
      }),
    ).toContain("{{ 7*7 }}");
  });

  test("is cloned to an address of its own, which search engines are told to leave alone", async () => {
    const wish = { name: "Try-out", slug: "try", type: "clone", promotion_preset: "content-protect" };
    const body = { ...wish, source_environment_id: main.id };
    const made = await timed("env_create", client.work("POST", `sites/${site.id}/environments`, body));
    clone = await environmentOf(made.id);
    expect(clone.preview_url).not.toBe(main.preview_url);
    const seen = await visit(`${clone.preview_url}/`);
    expect(seen.status).toBe(200);
    expect(seen.body).not.toContain(new URL(main.preview_url).host);
    expect(`${seen.headers["x-robots-tag"]} ${seen.body}`).toMatch(/noindex/);
    expect(await shown(clone)).toBe(await shown(main));
  });

  test("is backed up, and what is stored is what the record says", async () => {
    await timed("backup_create", client.work("POST", `environments/${main.id}/backups`, { backup_scope: "full" }));
    const [newest] = await client.backups(main.id);
    if (newest === undefined) throw new Error("there is no backup");
    backup = newest;
    expect(backup).toMatchObject({ status: "completed", backup_scope: "full", checksum: expect.any(String) });
    const config = {
      ...clientConfig({ endpoint: cloud.stack.aws_endpoint, region: "eu-central-1" }),
      forcePathStyle: true,
    };
    const object = { Bucket: cloud.stack.artifacts_bucket, Key: backup.storage_path };
    const stored = await (await new S3Client(config).send(new GetObjectCommand(object))).Body?.transformToByteArray();
    expect(stored?.length).toBe(backup.size_bytes);
    expect(
      createHash("sha256")
        .update(stored ?? "")
        .digest("hex"),
    ).toBe(backup.checksum);
    say(`the backup has ${((backup.size_bytes ?? 0) / 1e6).toFixed(1)} MB`);
  });

  test("is tried out by a drill that leaves it alone", async () => {
    const before = await shell(`ls ${folderOf(main)}/releases; readlink ${folderOf(main)}/current`);
    await timed("restore_drill", client.work("POST", `environments/${main.id}/restore-drill`));
    expect(await shell(`ls ${folderOf(main)}/releases; readlink ${folderOf(main)}/current`)).toBe(before);
    expect((await client.backups(main.id))[0]).toMatchObject({ last_drill: { succeeded: true } });
  });

  test("comes back after damage, and nothing else changes", async () => {
    const titleBefore = await shown(main);
    const cloneBefore = await shell(`readlink ${folderOf(clone)}/current`);
    await shell(`rm -rf ${folderOf(main)}/current/htdocs/wp-includes`);
    await shell({ command: "mariadb", stdin: `DROP TABLE \`${databaseOf(main)}\`.wp_options` });
    expect((await visit(`${main.preview_url}/`)).status).not.toBe(200);
    await timed("env_restore", client.work("POST", `environments/${main.id}/restore`, { backup_id: backup.id }));
    expect((await visit(`${main.preview_url}/`)).status).toBe(200);
    expect(await shown(main)).toBe(titleBefore);
    expect(await shell(`readlink ${folderOf(clone)}/current`)).toBe(cloneBefore);
    expect((await visit(`${clone.preview_url}/`)).status).toBe(200);
    main = await client.environment(main.id);
  });

  test("comes back when too little is left of it to be backed up", async () => {
    const wish = { backup_id: backup.id };
    const before = await shown(main);
    await shell({ command: "mariadb", stdin: `DROP DATABASE \`${databaseOf(main)}\`` });
    const refused = client.work("POST", `environments/${main.id}/restore`, wish);
    await expect(refused).rejects.toThrow("safety_backup=false");
    expect(await client.environment(main.id)).toMatchObject({ current_release_id: main.current_release_id });
    const how = { ...wish, safety_backup: false };
    await timed("env_restore without a safety backup", client.work("POST", `environments/${main.id}/restore`, how));
    expect(await shown(main)).toBe(before);
    main = await client.environment(main.id);
  });

  test("is entered by a link that is good once", async () => {
    const link = await timed("login", client.call(sites.loginLink, "POST", `environments/${main.id}/login`));
    const first = await visit(link.login_url);
    const cookies = [first.headers["set-cookie"] ?? []].flat().map((one) => one.split(";")[0]);
    expect(cookies.join()).toContain("wordpress_logged_in");
    const inside = await visit(`${main.preview_url}/wp-admin/`, cookies.join("; "));
    expect(inside.status).toBe(200);
    const second = await visit(link.login_url);
    expect([second.headers["set-cookie"] ?? []].flat().join()).not.toContain("wordpress_logged_in");
  });

  test("goes with all that it was, and then the node goes", async () => {
    const refused = client.start("DELETE", `nodes/${node.id}`);
    await expect(refused).rejects.toThrow("node_has_sites");
    await timed("env_delete", client.work("DELETE", `environments/${clone.id}`));
    expect((await visit(`${clone.preview_url}/`)).body).not.toContain("Müller");
    await timed("site_delete", client.work("DELETE", `sites/${site.id}`));
    expect((await client.backups(main.id))[0]).toMatchObject({ status: "completed", backup_scope: "full" });
    expect(await shell("ls /srv/pressluft; getent passwd | grep -c '^pl_' || true")).toBe("0");
    await timed("node_delete", client.work("DELETE", `nodes/${node.id}`));
    expect((await visit(`${main.preview_url}/`)).status).toBe(404);
  });

  test("has cost so many seconds of the worker", async () => {
    const jobs = [...sumLooks(await readLambdaLogs(cloud.stack)).values()];
    for (const { jobType, looks, seconds } of jobs)
      say(`${jobType}: ${looks} looks, ${seconds.toFixed(1)} s of the worker`);
    expect(new Set(jobs.map(({ jobType }) => jobType))).toEqual(new Set(models.jobTypes));
  });
});
