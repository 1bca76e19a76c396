/** Backups that are really sent and fetched, over real SSH and HTTP connections. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type PlaybookVars, playbookResults } from "../../shared/domain/playbooks.ts";
import { makeSocketRig, orderOf, type Rig } from "./testing.ts";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const hash = (algorithm: string, bytes: Uint8Array): string => createHash(algorithm).update(bytes).digest("hex");

/** Keeps what is sent to any address, and gives it back. `refuse` makes it say no from then on; `rot` is added to what it keeps. */
const makeBucket = async (rot = "") => {
  const stored = new Map<string, Buffer>();
  let status = 200;
  const server = createServer(async (request, response) => {
    const { url = "" } = request;
    const body = Buffer.concat([await buffer(request), Buffer.from(request.method === "PUT" ? rot : "")]);
    if (status !== 200) return response.writeHead(status).end();
    if (request.method === "PUT") {
      stored.set(url, body);
      return response.writeHead(200, { etag: `"${hash("md5", body)}"` }).end();
    }
    const found = stored.get(url);
    return response.writeHead(found === undefined ? 404 : 200).end(found);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  const at = server.address();
  if (at === null || typeof at === "string") throw new Error("no port");
  const urlOf = (path: string) => `http://127.0.0.1:${at.port}/${path}`;
  return {
    stored,
    urlOf,
    urls: (from: number, count: number) =>
      Array.from({ length: count }, (_, index) => urlOf(`part-${String(from + index).padStart(2, "0")}`)),
    refuse: (next: number) => {
      status = next;
    },
    /** All parts as one, as the bucket holds it once they are completed. */
    whole: () => Buffer.concat([...stored.keys()].toSorted().map((key) => stored.get(key) ?? Buffer.alloc(0))),
  };
};
type Bucket = Awaited<ReturnType<typeof makeBucket>>;

const environment = {
  id: "018f0000-0000-7000-9000-000000000001",
  user: "pl_000000000001",
  host: "production.shop.localhost",
  url: "http://production.shop.localhost:8080",
  type: "production",
  release: "0123abcd",
} as const;

const backingUp = (urls: readonly string[], url: string = environment.url) => {
  const backup = { id: "018f0000-0000-7000-9000-0000000000bb", scope: "full" } as const;
  const vars = { environment: { ...environment, url }, backup, upload: { part_size_bytes: 64, urls } };
  return orderOf("backup", "backup-create", vars);
};

type Restored = PlaybookVars["env-restore"]["backup"];
const restoring = (id: string, mode: PlaybookVars["env-restore"]["mode"], backup: Restored) =>
  orderOf(id, "env-restore", { environment, mode, backup });

/** HTTP takes real time, of which the stepped clock knows nothing. */
const patience = { timeout: 10_000 };

/** Looks until it holds. */
const seen = (rig: Rig, id: string, expected: object) =>
  vi.waitFor(async () => {
    const facts = await rig.lookAt(id);
    expect(facts).toMatchObject(expected);
    return facts;
  }, patience);

const ended = async (rig: Rig, order: Parameters<Rig["start"]>[0]) => {
  await rig.start(order);
  await rig.clock.advance(5_000);
  return seen(rig, order.id, { state: "ended" });
};

/** A machine with a bucket, and one backup of its environment in there. */
const withBackup = async () => {
  const bucket = await makeBucket();
  const rig = await makeSocketRig(closers, fetch);
  const { result } = await ended(rig, backingUp(bucket.urls(1, 20)));
  const { sha256, size_bytes } = playbookResults["backup-create"].parse(result);
  const about = { id: "018f0000-0000-7000-9000-0000000000bb", environment_id: environment.id, scope: "full" } as const;
  const restored: Restored = { ...about, sha256, size_bytes, url: bucket.urls(1, 1)[0] ?? "" };
  return { bucket, rig, restored };
};

describe("a backup", () => {
  it("tells sha256, sizes and ETags of what was really sent", async () => {
    const bucket = await makeBucket();
    const rig = await makeSocketRig(closers, fetch);
    const { result } = await ended(rig, backingUp(bucket.urls(1, 20)));
    const whole = bucket.whole();
    const parts = [{ number: 1, etag: hash("md5", whole), size_bytes: whole.length }];
    expect(result).toMatchObject({ sha256: hash("sha256", whole), size_bytes: whole.length, parts });
    expect(bucket.stored.size).toBe(1);
  });

  it("has not ended before its time is over, however soon it is stored", async () => {
    const bucket = await makeBucket();
    const rig = await makeSocketRig(closers, fetch);
    await rig.start(backingUp(bucket.urls(1, 20)));
    await vi.waitFor(() => expect(bucket.stored.size).toBe(1), patience);
    expect(await rig.lookAt("backup")).toMatchObject({ state: "running", need: null });
  });

  it("of many parts asks for more addresses, twice", async () => {
    const bucket = await makeBucket();
    const rig = await makeSocketRig(closers, fetch);
    await rig.start(backingUp(bucket.urls(1, 20), "http://production.many-parts.localhost"));
    for (const from of [21, 41]) {
      await seen(rig, "backup", { state: "running", need: { kind: "part_urls", from } });
      await rig.give("backup", { from: from + 1, urls: ["http://127.0.0.1:1/not-asked-for"] });
      await rig.give("backup", { from, urls: bucket.urls(from, 20) });
    }
    await rig.clock.advance(5_000);
    const { result } = await seen(rig, "backup", { state: "ended", exitCode: 0 });
    const { parts, sha256 } = playbookResults["backup-create"].parse(result);
    expect(parts.map(({ number }) => number)).toEqual(Array.from({ length: 41 }, (_, index) => index + 1));
    expect(sha256).toBe(hash("sha256", bucket.whole()));
  });

  it.each([403, 404, 503])("that S3 refuses with %i is not stored", async (status) => {
    const bucket = await makeBucket();
    bucket.refuse(status);
    const rig = await makeSocketRig(closers, fetch);
    expect(await ended(rig, backingUp(bucket.urls(1, 20)))).toMatchObject({
      exitCode: 2,
      task: "backup : Backup is stored",
    });
  });

  it("of which S3 says another checksum is not stored", async () => {
    const bucket = await makeBucket("rot");
    const rig = await makeSocketRig(closers, fetch);
    const facts = await ended(rig, backingUp(bucket.urls(1, 20)));
    expect(facts).toMatchObject({ exitCode: 2, task: "backup : Backup is stored" });
  });

  it("that a word in its name makes fail sends nothing", async () => {
    const bucket = await makeBucket();
    const rig = await makeSocketRig(closers, fetch);
    const facts = await ended(rig, backingUp(bucket.urls(1, 20), "http://no-room-at-backup-create.shop.localhost"));
    expect(facts).toMatchObject({ exitCode: 2, task: "simulated : There is room on the disk" });
    expect(bucket.stored.size).toBe(0);
  });

  it("that reaches no S3 is not stored", async () => {
    const rig = await makeSocketRig(closers, fetch);
    const facts = await ended(rig, backingUp(["http://127.0.0.1:1/part"]));
    expect(facts).toMatchObject({ exitCode: 2, task: "backup : Backup is stored" });
  });

  it("that is given what nobody can read breaks, and quotes nothing of it", async () => {
    const bucket = await makeBucket();
    const rig = await makeSocketRig(closers, fetch);
    await rig.start(backingUp(bucket.urls(1, 20), "http://production.many-parts.localhost"));
    await seen(rig, "backup", { need: { kind: "part_urls", from: 21 } });
    await rig.give("backup", { from: 21, urls: "a secret" });
    await rig.clock.advance(5_000);
    const facts = await seen(rig, "backup", { state: "ended" });
    expect(facts).toMatchObject({ exitCode: 250, task: "stand-in : broken by ZodError" });
    expect(JSON.stringify(facts)).not.toContain("secret");
  });

  it("is over when it is stopped or the power goes, and waits for nobody", async () => {
    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    await once(silent, "listening");
    closers.push(async () => {
      silent.closeAllConnections();
      silent.close();
    });
    const at = silent.address();
    if (at === null || typeof at === "string") throw new Error("no port");
    const rig = await makeSocketRig(closers, fetch);
    const gone = once(silent, "connection").then(([socket]) => once(socket, "close"));
    await rig.start(backingUp([`http://127.0.0.1:${at.port}/part`]));
    await seen(rig, "backup", { state: "running" });
    await rig.stop("backup");
    expect(await rig.lookAt("backup")).toMatchObject({ state: "interrupted" });
    await gone;
  });
});

describe("a restore", () => {
  it("verifies what it fetches, applies what it verified, and cleans up", async () => {
    const { rig, bucket, restored } = await withBackup();
    expect(await ended(rig, restoring("verify", "verify", restored))).toMatchObject({ exitCode: 0 });
    bucket.stored.clear();
    const kept = { ...restored, url: null };
    expect(await ended(rig, restoring("apply", "apply", kept))).toMatchObject({
      exitCode: 0,
      result: { mode: "apply" },
    });
    expect(await ended(rig, restoring("clean", "clean", kept))).toMatchObject({
      exitCode: 0,
      result: { mode: "clean" },
    });
    expect(await ended(rig, restoring("again", "apply", kept))).toMatchObject({ task: "restore : Backup is intact" });
  });

  it("that is a drill says that it went well and keeps nothing", async () => {
    const { rig, restored } = await withBackup();
    const tried = await ended(rig, restoring("drill", "drill", restored));
    expect(tried).toMatchObject({ exitCode: 0, result: { mode: "drill", ok: true } });
    const applied = await ended(rig, restoring("apply", "apply", { ...restored, url: null }));
    expect(applied).toMatchObject({ task: "restore : Backup is intact" });
  });

  const changed = (text: string) => (bytes: Buffer) => Buffer.from(text.padEnd(bytes.length));
  const spoil = ({ stored }: Bucket, change: (bytes: Buffer) => Buffer) => {
    for (const [key, bytes] of stored) stored.set(key, change(bytes));
  };

  it.each([
    ["other bytes", changed("rot")],
    ["fewer bytes", (bytes: Buffer) => bytes.subarray(1)],
    ["more bytes", (bytes: Buffer) => Buffer.concat([bytes, bytes])],
  ])("of %s is refused as not intact", async (_, change) => {
    const { rig, bucket, restored } = await withBackup();
    spoil(bucket, change);
    for (const mode of ["verify", "drill"] as const) {
      const facts = await ended(rig, restoring(mode, mode, restored));
      expect(facts).toMatchObject({ exitCode: 2, task: "restore : Backup is intact" });
    }
  });

  it.each([
    ["of another environment", { environment_id: "018f0000-0000-7000-9000-000000000002" }],
    ["of another scope", { scope: "db" }],
  ] as const)("%s is refused as not ours", async (_, change) => {
    const { rig, restored } = await withBackup();
    const facts = await ended(rig, restoring("verify", "verify", { ...restored, ...change }));
    expect(facts).toMatchObject({ task: "restore : Backup is of this environment and complete" });
  });

  it("of what is no archive is refused as not ours", async () => {
    const { rig, bucket, restored } = await withBackup();
    spoil(bucket, changed("no archive"));
    const facts = await ended(
      rig,
      restoring("verify", "verify", { ...restored, sha256: hash("sha256", bucket.whole()) }),
    );
    expect(facts).toMatchObject({ task: "restore : Backup is of this environment and complete" });
  });

  it("of what is not there, or not given out, cannot be fetched", async () => {
    const { rig, bucket, restored } = await withBackup();
    const missing = { ...restored, url: bucket.urlOf("nothing") };
    expect(await ended(rig, restoring("one", "verify", missing))).toMatchObject({
      task: "restore : Backup is fetched",
    });
    bucket.refuse(403);
    expect(await ended(rig, restoring("two", "verify", restored))).toMatchObject({
      task: "restore : Backup is fetched",
    });
  });
});
