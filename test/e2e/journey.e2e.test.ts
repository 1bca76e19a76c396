/** What an operator does, on the deployed stack: connect, order, watch, check, cancel, delete; and what goes wrong there. */
import { beforeAll, describe, expect, test } from "vitest";
import { makeNodeShell } from "../hosts/node-shell.ts";
import {
  call,
  connect,
  ended,
  getJob,
  getNode,
  hopsOf,
  lambdaWorkers,
  named,
  order,
  pause,
  projectState,
  send,
  sendMessage,
  serversOf,
  stack,
  until,
} from "./client.ts";
import { getSite, start } from "./site-client.ts";

beforeAll(async () => {
  expect(await connect()).toMatchObject({ status: 200, body: { status: "connected", secret_configured: true } });
});

test("a node becomes active, answers a check, and is deleted with its server", async () => {
  const jobId = await order("journey-1");
  const job = await ended(jobId, 60);
  expect(job).toMatchObject({ status: "succeeded", progress: 100, error_code: null });
  const node = await getNode(job.node_id);
  expect(node).toMatchObject({
    status: "active",
    server_state: "present",
    ssh_port: expect.any(Number),
    monthly_cost: expect.any(Number),
    readiness: { is_ready: true, reason_codes: [] },
  });
  expect(await serversOf(node.id)).toHaveLength(1);
  const checked = await call("POST", `/api/nodes/${node.id}/check`);
  expect(checked).toMatchObject({ status: 200, body: { readiness: { is_ready: true, reason_codes: [] } } });
  const removal = await call("DELETE", `/api/nodes/${node.id}`);
  expect(removal.status).toBe(202);
  const deletion = await ended(Object(removal.body).job_id, 60);
  expect(deletion.status).toBe("succeeded");
  expect(await getNode(node.id)).toMatchObject({ status: "decommissioned", server_state: "gone", monthly_cost: null });
  expect(await serversOf(node.id)).toHaveLength(0);
});

describe("two identical requests with one Idempotency-Key", () => {
  test("make one job and one server", async () => {
    const headers = { "idempotency-key": named("twice-1") };
    const [first, second] = await Promise.all([order("twice-1", headers), order("twice-1", headers)]);
    expect(second).toBe(first);
    const job = await ended(first, 60);
    expect(await serversOf(job.node_id)).toHaveLength(1);
    const other = await call("POST", "/api/nodes", { provider_id: "hetzner", name: named("other-1") }, headers);
    expect(other).toMatchObject({ status: 409, body: { code: "idempotency_mismatch" } });
  });
});

test("a token that can only read, and one of another project, are refused; the first stays", async () => {
  const jobId = await order("rotate-1");
  const job = await ended(jobId, 60);
  const keysBefore = (await projectState("other"))?.ssh_keys.length;
  expect(await connect(stack().hetzner_readonly_token)).toMatchObject({
    status: 422,
    body: { code: "provider_credential_refused", details: { status_reason: "token_readonly" } },
  });
  expect(await connect(stack().hetzner_other_token)).toMatchObject({
    status: 409,
    body: { code: "provider_project_mismatch" },
  });
  expect((await projectState("other"))?.ssh_keys.length).toBe(keysBefore);
  const checked = await call("POST", "/api/providers/hetzner/check");
  expect(checked).toMatchObject({ status: 200, body: { status: "connected" } });
  expect(await call("DELETE", "/api/providers/hetzner")).toMatchObject({
    status: 409,
    body: { code: "provider_in_use" },
  });
  expect((await getNode(job.node_id)).status).toBe("active");
});

test("the options show prices, stock and the defaults of the stage", async () => {
  const { body } = await call("GET", "/api/providers/hetzner/options");
  expect(body).toMatchObject({
    fetched_at: expect.any(String),
    defaults: { server_type: "cx23", location: "nbg1", image: "debian-12" },
  });
  const refused = await call("POST", "/api/nodes", { provider_id: "hetzner", server_type: "cx999" });
  expect(refused).toMatchObject({ status: 400, body: { code: "bad_request", details: { field: "server_type" } } });
});

test("a cancel during the order removes the server and says so", async () => {
  const jobId = await order("cancel-fault-action-stuck-20s");
  const { node_id } = await until(30, async () => {
    const job = await getJob(jobId);
    return (await serversOf(job.node_id)).length === 1 && job;
  });
  expect(await call("POST", `/api/jobs/${jobId}/cancel`)).toMatchObject({
    status: 200,
    body: { success: true, status: "running" },
  });
  const job = await ended(jobId, 90);
  expect(job.status).toBe("cancelled");
  expect(job.steps.at(-1)).toMatchObject({ name: "verify_gone", status: "succeeded" });
  expect(await serversOf(node_id)).toHaveLength(0);
});

test("a capacity refusal ends with its code, reason and guidance, and nothing at Hetzner", async () => {
  const job = await ended(await order("sold-fault-sold-out"), 60);
  expect(job).toMatchObject({ status: "failed", error_code: "PROVIDER_ACQUISITION_FAILED", error_reason: "capacity" });
  expect(job.guidance.join(" ")).toContain("location");
  expect(await serversOf(job.node_id)).toHaveLength(0);
});

test("an unknown route is 404 and a wrong method 405 with Allow, in our shape", async () => {
  expect(await send("GET", "/api/nothing")).toMatchObject({ status: 404, body: { code: "not_found" } });
  const wrong = await send("DELETE", "/api/session");
  expect(wrong).toMatchObject({ status: 405, body: { code: "method_not_allowed" } });
  expect(wrong.headers.get("allow")).toContain("GET");
  expect(await send("GET", "/api/nodes")).toMatchObject({ status: 401, body: { code: "unauthorized" } });
});

test("one message ten times at once, ten in a row, and after the end: one server", { timeout: 200_000 }, async () => {
  const jobId = await order("dozens-1");
  await Promise.all(Array.from({ length: 10 }, () => sendMessage(jobId, 0)));
  for (let again = 0; again < 10; again += 1) await sendMessage(jobId, 0);
  const job = await ended(jobId, 180);
  expect(job.status).toBe("succeeded");
  await sendMessage(jobId, 0);
  await pause(3000);
  expect(await getJob(jobId)).toEqual(job);
  expect(await serversOf(job.node_id)).toHaveLength(1);
});

test("a burst of twenty nodes becomes active, a server each", { timeout: 200_000 }, async () => {
  const names = Array.from({ length: 20 }, (_, index) => `burst-${index + 1}`);
  const jobs = await Promise.all(names.map((name) => order(name)));
  const all = await Promise.all(jobs.map((jobId) => ended(jobId, 180)));
  expect(all.map((job) => job.status)).toEqual(names.map(() => "succeeded"));
  const servers = await Promise.all(all.map((job) => serversOf(job.node_id)));
  expect(servers.map((found) => found.length)).toEqual(names.map(() => 1));
});

describe("what takes minutes, side by side", () => {
  // The kill ends the worker of every job under way, which then waits for its lease and hops less: the sixty hops start after it.
  const killed = Promise.withResolvers<void>();
  // The same kill falls into a playbook that takes 30 s.
  const playing = Promise.withResolvers<void>();
  if (stack().machines !== "stand-ins") playing.resolve();

  test.concurrent("a worker killed after Hetzner made the server: the next one adopts it", {
    timeout: 300_000,
  }, async () => {
    await Promise.race([playing.promise, pause(60_000)]);
    const jobId = await order("killed-fault-slow-18s");
    const { node_id } = await getJob(jobId);
    await until(30, async () => (await serversOf(node_id)).length === 1);
    const workers = lambdaWorkers("workerFunction");
    expect(workers.length).toBeGreaterThan(0);
    for (const pid of workers) process.kill(pid, "SIGKILL");
    killed.resolve();
    const job = await ended(jobId, 240);
    expect(job.status).toBe("succeeded");
    expect(job.steps.find((step) => step.name === "create_server")?.detail).toContain("made by an earlier request");
    expect(await serversOf(node_id)).toHaveLength(1);
  });

  test.skipIf(stack().machines !== "stand-ins").concurrent(
    "a worker killed while a node makes a site: it is made once",
    {
      timeout: 300_000,
    },
    async () => {
      const jobId = await start("POST", "/api/sites", { name: "Killed", slug: named("slow-at-site-create") });
      const { node_id, site_id } = await getJob(jobId);
      const shell = await makeNodeShell(stack(), node_id ?? "");
      const runs = async () =>
        (await shell("ls /var/lib/pressluft/jobs")).split("\n").filter((id) => id.startsWith(jobId));
      await until(30, async () => (await runs()).length === 1);
      playing.resolve();
      expect((await getJob(jobId)).status).toBe("running");
      await killed.promise;
      const job = await ended(jobId, 240);
      expect(job).toMatchObject({ status: "succeeded", attempt_count: 1 });
      expect(await runs()).toEqual([`${jobId}-deploy-1`]);
      expect((await getSite(site_id)).status).toBe("active");
    },
  );

  test.concurrent("a job of sixty hops ends", { timeout: 540_000 }, async () => {
    await Promise.race([killed.promise, pause(90_000)]);
    const job = await ended(await order("hops-fault-action-stuck-90s-ssh-late-cloud-init-late"), 400);
    expect(job.status).toBe("succeeded");
    expect(await hopsOf(job.id)).toBeGreaterThanOrEqual(60);
  });
});
