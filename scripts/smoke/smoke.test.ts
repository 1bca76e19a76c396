/** Both smokes, whole, against a deployment behind HTTP that keeps to the contract. */
import { expect, it } from "vitest";
import { backupRestore, clonePreview, type Story } from "./stories.ts";
import { refuse } from "./testing/fake-answers.ts";
import { startFake } from "./testing/fake-pressluft.ts";
import { addJob, addNode, type World } from "./testing/fake-world.ts";
import { play, withToken } from "./testing/play.ts";

const stories: readonly (readonly [string, Story])[] = [
  ["clone", clonePreview],
  ["backup and restore", backupRestore],
];

const nothingLeft = (world: World) => {
  expect(world.siteList).toEqual([]);
  expect(world.environments).toEqual([]);
  expect(world.nodes.filter(({ name }) => name.startsWith("smoke-"))).toEqual([]);
};

it.each(stories)("%s passes, and removes site, environments and node, and its session", async (_name, story) => {
  await using fake = await startFake();
  const { code, output } = await play({ fake, story });
  expect(output).toMatch(/PASSED {2}smoke$/);
  expect(code).toBe(0);
  nothingLeft(fake.world);
  expect(fake.world.isLoggedOut).toBe(true);
  expect(fake.calls.filter(({ id }) => id === "createNode")).toHaveLength(1);
});

it.each(stories)("%s uses a ready node that is there, and leaves it", async (_name, story) => {
  await using fake = await startFake();
  const { id } = addNode(fake.world);
  expect((await play({ fake, story })).code).toBe(0);
  nothingLeft(fake.world);
  expect(fake.world.nodes.map((node) => node.id)).toEqual([id]);
  expect(fake.calls.filter((call) => call.id === "createNode")).toEqual([]);
});

it("waits for a list of backups that is behind", async () => {
  let looks = 0;
  const isBehind = (): boolean => {
    looks += 1;
    return looks < 3;
  };
  await using fake = await startFake({
    before: ({ id }) => (id === "listBackups" && isBehind() ? { status: 200, body: [] } : undefined),
  });
  expect((await play({ fake, story: backupRestore })).code).toBe(0);
  expect(looks).toBe(4);
});

it("tells each step with its seconds", async () => {
  await using fake = await startFake();
  const { output } = await play({ fake, story: clonePreview });
  const steps = output.split("\n").filter((line) => /^ *\d+\.\d s /.test(line));
  expect(steps.map((line) => line.replace(/^ *\d+\.\d s /, "").replace(/:.*/, ""))).toEqual([
    "log in",
    "connect the provider",
    "look for a ready node",
    "create a node",
    "create a site",
    "write a post",
    "see it on the front page",
    "clone the environment",
    "see the clone",
    "see its post, with links of its own",
    "see the original as before",
    "delete the clone",
    "delete the site",
    "delete the node",
  ]);
});

it("makes a node when the ready one is at work or no longer answers", async () => {
  await using fake = await startFake({
    before: ({ id, of }, { nodes }) => {
      const asleep = nodes.find((node) => node.name === "asleep" && node.id === of);
      const readiness = { is_ready: false, reason_codes: ["node_unreachable"], guidance: [], checked_at: null };
      return id === "checkNode" && asleep ? { status: 200, body: { ...asleep, readiness } } : undefined;
    },
  });
  const busy = addNode(fake.world, { name: "busy" });
  addJob(fake.world, { job_type: "site_create", node_id: busy.id });
  addNode(fake.world, { name: "asleep" });
  expect((await play({ fake, story: clonePreview })).code).toBe(0);
  expect(fake.calls.filter(({ id }) => id === "createNode")).toHaveLength(1);
  expect(fake.world.nodes.map(({ name }) => name)).toEqual(["asleep", "busy"]);
});

it("sends a key of its own with everything that is answered by a job", async () => {
  await using fake = await startFake();
  await play({ fake, story: backupRestore });
  const keys = fake.calls.flatMap(({ id, key }) => (/^(create|restore)/.test(id) ? [key] : []));
  expect(keys).toHaveLength(4);
  expect(new Set(keys).size).toBe(4);
  expect(keys).not.toContain(undefined);
});

it("works with an API token alone, with a provider that is connected already", async () => {
  await using fake = await startFake();
  expect((await play({ fake, story: clonePreview, environment: withToken })).code).toBe(0);
  const ids = fake.calls.map(({ id }) => id);
  expect(ids).toContain("checkProvider");
  for (const id of ["login", "logout", "connectProvider"] as const) expect(ids).not.toContain(id);
});

it("waits as long as Retry-After says", async () => {
  let refused = 0;
  await using fake = await startFake({
    before: ({ id }) => {
      if (id !== "getJob" || refused > 0) return undefined;
      refused += 1;
      const body = { code: "rate_limited", message: "too much" };
      return { status: 429, body, headers: { "retry-after": "17" } };
    },
  });
  const { code, clock } = await play({ fake, story: clonePreview });
  expect(code).toBe(0);
  expect(clock.pausesMs).toContain(17_000);
});

it("asks again when a gateway could not pass on a request with a key, under the same key", async () => {
  let answered = 0;
  await using fake = await startFake({
    before: ({ id }) => {
      if (id !== "createSite" || answered > 0) return undefined;
      answered += 1;
      return { status: 503, body: { message: "Service Unavailable" } };
    },
  });
  expect((await play({ fake, story: clonePreview })).code).toBe(0);
  const keys = fake.calls.flatMap(({ id, key }) => (id === "createSite" ? [key] : []));
  expect(keys).toHaveLength(2);
  expect(new Set(keys).size).toBe(1);
});

it("waits for a job of somebody else that is in the way, and cancels it never", async () => {
  let jobId = "";
  await using fake = await startFake({
    before: ({ id }, world) => {
      const [node] = world.nodes;
      if (id !== "createSite" || jobId !== "" || node === undefined) return undefined;
      jobId = addJob(world, { job_type: "backup_create", node_id: node.id }).id;
      return undefined;
    },
  });
  addNode(fake.world);
  expect((await play({ fake, story: clonePreview })).code).toBe(0);
  expect(fake.world.jobs.find(({ id }) => id === jobId)?.status).toBe("succeeded");
});

it("asks again after a conflict with somebody who was faster and is done", async () => {
  let refused = 0;
  await using fake = await startFake({
    before: ({ id }) => {
      if (id !== "createBackup" || refused > 0) return undefined;
      refused += 1;
      return refuse("conflict", { details: { job_id: null } });
    },
  });
  expect((await play({ fake, story: backupRestore })).code).toBe(0);
});

it("says when a job needed more than one attempt", async () => {
  await using fake = await startFake({
    ending: (type) => (type === "env_create" ? { status: "succeeded", attempt_count: 2 } : undefined),
  });
  const { code, output } = await play({ fake, story: clonePreview });
  expect(code).toBe(0);
  expect(output).toMatch(/env_create \S+ needed 2 attempts/);
});
