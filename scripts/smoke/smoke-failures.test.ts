/** What a smoke says and leaves behind when something is not as it must be. */
import { describe, expect, it } from "vitest";
import { backupRestore, clonePreview } from "./stories.ts";
import { refuse } from "./testing/fake-answers.ts";
import { type Behaviour, startFake } from "./testing/fake-pressluft.ts";
import { addJob, addNode, type World } from "./testing/fake-world.ts";
import { play, withToken } from "./testing/play.ts";
import { makeSteppedClock } from "./testing/stepped-clock.ts";

const failing = {
  status: "failed",
  attempt_count: 3,
  error_code: "ANSIBLE_HOST_FAILED",
  error_reason: "task_failed",
  error_message: "A task failed on the node.",
  guidance: ["Look at the node over SSH."],
  log_tail: ["TASK [site : Install WordPress]", "fatal: [localhost]: FAILED!"],
} as const;

const isEmpty = ({ siteList, environments, nodes }: World): boolean =>
  siteList.length + environments.length + nodes.length === 0;

it("tells which request and job failed, with code, reason, guidance and log, and removes what it made", async () => {
  await using fake = await startFake({
    ending: (type) =>
      type === "env_create"
        ? { ...failing, guidance: [...failing.guidance], log_tail: [...failing.log_tail] }
        : undefined,
  });
  const { code, output } = await play({ fake, story: clonePreview });
  const id = fake.world.jobs.find(({ job_type }) => job_type === "env_create")?.id;
  expect(code).toBe(1);
  for (const text of [
    "FAILED  clone the environment (",
    "s): the job failed",
    `command   GET /api/jobs/${id} -> 200`,
    `job       ${id} env_create failed, attempt 3`,
    "code      ANSIBLE_HOST_FAILED",
    "reason    task_failed",
    "do        Look at the node over SSH.",
    "log       | fatal: [localhost]: FAILED!",
    "Removed the site smoke-",
    "Removed the node smoke-",
  ])
    expect(output).toContain(text);
  expect(output).not.toContain("PASSED");
  expect(isEmpty(fake.world)).toBe(true);
});

it("ends with a refusal that names no job, and tells its code and guidance", async () => {
  const before: Behaviour["before"] = ({ id }) =>
    id === "createSite"
      ? refuse("conflict", { details: { field: "slug" }, guidance: ["Take another slug."] })
      : undefined;
  await using fake = await startFake({ before });
  const { code, output } = await play({ fake, story: clonePreview });
  expect(code).toBe(1);
  expect(output).toContain("command   POST /api/sites -> 409");
  expect(output).toContain("code      conflict");
  expect(output).toContain("do        Take another slug.");
  expect(fake.calls.filter(({ id }) => id === "createSite")).toHaveLength(1);
  expect(isEmpty(fake.world)).toBe(true);
});

it("does not wait for ever for a job, and cancels it before it removes what it made", async () => {
  const before: Behaviour["before"] = ({ id, of }, { jobs }) => {
    const job = jobs.find((one) => one.id === of);
    return id === "getJob" && job?.job_type === "backup_create" && job.status === "running"
      ? { status: 200, body: job }
      : undefined;
  };
  await using fake = await startFake({ before });
  const { code, output } = await play({ fake, story: backupRestore });
  expect(code).toBe(1);
  expect(output).toMatch(/FAILED {2}back up \(.* s\): the job did not end in its time/);
  expect(fake.calls.filter(({ id }) => id === "cancelJob")).toHaveLength(1);
  expect(isEmpty(fake.world)).toBe(true);
});

describe("the provider", () => {
  it("that refuses the token and changes nothing is a failure", async () => {
    const before: Behaviour["before"] = ({ id }) =>
      id === "connectProvider" ? refuse("provider_credential_refused", { guidance: ["Make a new token."] }) : undefined;
    await using fake = await startFake({ before });
    const { code, output } = await play({ fake, story: clonePreview });
    expect(code).toBe(1);
    expect(output).toContain("command   POST /api/providers -> 422");
    expect(output).toContain("do        Make a new token.");
    expect(fake.calls.some(({ id }) => id === "createNode" || id === "createSite")).toBe(false);
  });

  it("that is degraded is a failure with its guidance", async () => {
    await using fake = await startFake();
    const { provider } = fake.world;
    fake.world.provider = { ...provider, status: "degraded", status_reason: "token_readonly", guidance: ["Write!"] };
    const { code, output } = await play({ fake, story: clonePreview, environment: withToken });
    expect(code).toBe(1);
    expect(output).toMatch(/FAILED {2}connect the provider \(.*\): the provider is degraded \(token_readonly\)/);
    expect(output).toContain("do        Write!");
  });
});

describe("a preview", () => {
  it("that hangs is a failure", async () => {
    const clock = makeSteppedClock();
    const page: Behaviour["page"] = ({ url }) => (url.host.startsWith("copy.") ? "hang" : undefined);
    await using fake = await startFake({ page, onHang: () => clock.expire() });
    const { code, output } = await play({ fake, story: clonePreview, clock });
    expect(code).toBe(1);
    expect(output).toMatch(/FAILED {2}see the clone .*: .*it does not answer/);
    expect(output).toMatch(/command {3}GET http:\/\/copy\..*-> no answer/);
    expect(isEmpty(fake.world)).toBe(true);
  });

  it("that leads to another host is a failure at once", async () => {
    const page: Behaviour["page"] = ({ url }) =>
      url.host.startsWith("copy.") ? { status: 302, headers: { location: "http://elsewhere.example/" } } : undefined;
    await using fake = await startFake({ page });
    const { code, output } = await play({ fake, story: clonePreview });
    expect(code).toBe(1);
    expect(output).toContain("a redirect leads to another host: http://elsewhere.example");
  });

  it("that redirects in a circle is a failure", async () => {
    const page: Behaviour["page"] = ({ url }) =>
      url.host.startsWith("copy.") ? { status: 301, headers: { location: "/" } } : undefined;
    await using fake = await startFake({ page });
    expect((await play({ fake, story: clonePreview })).output).toContain("more than 3 redirects");
  });

  it("that comes late is waited for", async () => {
    let visits = 0;
    const page: Behaviour["page"] = ({ url }) => {
      if (!url.host.startsWith("copy.")) return undefined;
      visits += 1;
      return visits < 4 ? { status: 503, text: "soon" } : undefined;
    };
    await using fake = await startFake({ page });
    expect((await play({ fake, story: clonePreview })).code).toBe(0);
  });
});

describe("a clone", () => {
  const bend =
    (html: (text: string, world: World) => string): Behaviour["page"] =>
    (request, world) => {
      const { host, pathname, searchParams } = request.url;
      if (!host.startsWith("copy.") || pathname !== "/" || searchParams.has("rest_route")) return undefined;
      const page = world.sites.get(host)?.answer(request);
      return page && { ...page, text: html(page.text ?? "", world) };
    };
  const originalOf = ({ environments }: World) => environments[0]?.preview_url ?? "";

  it.each([
    [
      "links to its original",
      bend((text, world) => `${text}<a href="${originalOf(world)}/x">x</a>`),
      "it shows //production.",
    ],
    [
      "hides such a link in JSON",
      bend((text, world) => `${text}${originalOf(world).replaceAll("/", "\\/")}`),
      "it shows \\/\\/",
    ],
    ["may be indexed", bend((text) => text.replace("noindex", "index")), "it does not say noindex"],
    ["lacks the post", bend((text) => text.replace(/<h2>.*<\/h2>/, "")), "it does not show marker"],
  ])("that %s is a failure", async (_what, page, fault) => {
    await using fake = await startFake({ ...(page && { page }) });
    const { code, output } = await play({ fake, story: clonePreview });
    expect(code).toBe(1);
    expect(output).toContain("FAILED  see the clone");
    expect(output).toContain(fault);
  });

  it("whose making changed the original is a failure", async () => {
    const page: Behaviour["page"] = ({ url }, world) =>
      url.host.startsWith("production.") && world.environments.length > 1 ? { status: 200, text: "empty" } : undefined;
    await using fake = await startFake({ page });
    expect((await play({ fake, story: clonePreview })).output).toContain("FAILED  see the original as before");
  });
});

describe("a restore", () => {
  it("that brings nothing back is a failure", async () => {
    const before: Behaviour["before"] = ({ id }, { kept }) => {
      if (id === "restoreEnvironment") kept.clear();
      return undefined;
    };
    await using fake = await startFake({ before });
    const { code, output } = await play({ fake, story: backupRestore });
    expect(code).toBe(1);
    expect(output).toMatch(/FAILED {2}see everything again .*: .*it does not show marker/);
    expect(isEmpty(fake.world)).toBe(true);
  });

  it("that forgets the uploads is a failure", async () => {
    const before: Behaviour["before"] = ({ id }, { kept }) => {
      if (id === "restoreEnvironment") for (const content of kept.values()) content.files.length = 0;
      return undefined;
    };
    await using fake = await startFake({ before });
    expect((await play({ fake, story: backupRestore })).output).toMatch(/FAILED {2}see everything again .*: .*\.txt/);
  });

  it("proves nothing when the damage was not real", async () => {
    const page: Behaviour["page"] = ({ method }) => (method === "DELETE" ? { status: 200, text: "{}" } : undefined);
    await using fake = await startFake({ page });
    const { code, output } = await play({ fake, story: backupRestore });
    expect(code).toBe(1);
    expect(output).toContain("FAILED  see the damage");
    expect(fake.calls.some(({ id }) => id === "restoreEnvironment")).toBe(false);
  });

  it("without a safety backup is a failure", async () => {
    const before: Behaviour["before"] = ({ id, of }, world) =>
      id === "listBackups"
        ? { status: 200, body: world.backups.filter((one) => one.environment_id === of).slice(-1) }
        : undefined;
    await using fake = await startFake({ before });
    expect((await play({ fake, story: backupRestore })).output).toContain("FAILED  find the safety backup");
  });

  it("of a backup without a checksum is not tried", async () => {
    const before: Behaviour["before"] = ({ id }, { backups }) =>
      id === "listBackups" ? { status: 200, body: backups.map((one) => ({ ...one, checksum: null })) } : undefined;
    await using fake = await startFake({ before });
    const { output } = await play({ fake, story: backupRestore });
    expect(output).toContain("its checksum missing");
    expect(fake.calls.some(({ id }) => id === "restoreEnvironment")).toBe(false);
  });
});

describe("cleaning up", () => {
  it("names what it could not remove", async () => {
    const ending: Behaviour["ending"] = (type) =>
      type === "site_delete" || type === "env_create" ? { ...failing, guidance: [], log_tail: [] } : undefined;
    await using fake = await startFake({ ending });
    const { code, output } = await play({ fake, story: clonePreview });
    expect(code).toBe(1);
    expect(output).toContain("FAILED  clone the environment");
    expect(output).toMatch(/LEFT BEHIND, perhaps: the site smoke-[0-9a-f]{8} \(the job failed\)/);
  });

  it("is done when the person asks to stop", async () => {
    const stop = new AbortController();
    const before: Behaviour["before"] = ({ id }) => {
      if (id === "createEnvironment") stop.abort(new Error("told to stop"));
      return undefined;
    };
    await using fake = await startFake({ before });
    const { code, output } = await play({ fake, story: clonePreview, signal: stop.signal });
    expect(code).toBe(1);
    expect(output).toContain("STOPPED clone the environment");
    expect(isEmpty(fake.world)).toBe(true);
    expect(fake.world.isLoggedOut).toBe(true);
  });

  it("does not cancel a job of somebody else on a node that is shared", async () => {
    let jobId = "";
    const before: Behaviour["before"] = ({ id }, world) => {
      const [node] = world.nodes;
      if (id === "listSites" && node) jobId = addJob(world, { job_type: "backup_create", node_id: node.id }).id;
      return undefined;
    };
    const ending: Behaviour["ending"] = (type) =>
      type === "env_create" ? { ...failing, guidance: [], log_tail: [] } : undefined;
    await using fake = await startFake({ before, ending });
    addNode(fake.world);
    expect((await play({ fake, story: clonePreview })).code).toBe(1);
    expect(fake.world.jobs.find(({ id }) => id === jobId)?.status).toBe("succeeded");
    expect(fake.world.siteList).toEqual([]);
  });
});
