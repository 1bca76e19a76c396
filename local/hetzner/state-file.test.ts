import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { makeFixture, numberAt, tokens } from "./fixture.ts";
import { serveSimulator } from "./http.ts";
import type { HostSpec } from "./options.ts";
import { type FileSteps, makeStateFile, readStateFile } from "./state-file.ts";

let folder = "";
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "simulator-state-"));
  path = join(folder, "state.json");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const fail = (error: Error): never => {
  throw error;
};
/** Steps that keep files in memory and can die between the write and the rename. */
function makeSteps(dies: () => boolean): { steps: FileSteps; files: Map<string, string> } {
  const files = new Map<string, string>();
  const steps: FileSteps = {
    write: async (to, text) => void files.set(to, text),
    rename: async (from, to) => {
      if (dies()) throw new Error("crashed");
      files.set(to, files.get(from) ?? "");
      files.delete(from);
    },
  };
  return { steps, files };
}

describe("a served simulator with a state file", () => {
  test("goes on after a restart where it stopped, with the machines up and the actions running", async () => {
    const first = makeFixture();
    await first.create("up");
    await first.clock.advance(5000);
    const served = await serveSimulator(first.simulator, { port: 0, stateFile: path });
    const made = await first.create("under-way", { user_data: "#cloud-config" });
    await served.stop();
    const booted: HostSpec[] = [];
    const nothing = async () => undefined;
    const hosts = {
      boot: async (host: HostSpec) => void booted.push(host),
      shutdown: nothing,
      reboot: nothing,
      stop: nothing,
      destroy: nothing,
    };
    const snapshot = readStateFile(path) ?? "";
    const again = makeFixture({ snapshot, hosts });
    expect(again.simulator.state().projects).toEqual(first.simulator.state().projects);
    await again.clock.advance(0);
    expect(booted.map((host) => host.name)).toEqual(["up"]);
    await again.clock.advance(10_000);
    expect((await again.call("GET", `/actions/${numberAt(made.body, "action.id")}`)).body).toMatchObject({
      action: { status: "success" },
    });
    expect(booted.at(-1)).toMatchObject({ name: "under-way", userData: "#cloud-config" });
  });

  test("writes within a moment of a request, for nobody else to read, and shows no token", async () => {
    const { simulator } = makeFixture();
    const served = await serveSimulator(simulator, { port: 0, stateFile: path });
    const headers = {
      Authorization: `Bearer ${tokens.rw}`,
      "User-Agent": "test",
      "Content-Type": "application/json",
    };
    const body = JSON.stringify({ name: "web", server_type: "cx23", image: "debian-13" });
    await fetch(`${served.endpoint}/servers`, { method: "POST", headers, body });
    simulator.revokeToken(tokens.ro);
    await vi.waitFor(() => expect(readFileSync(path, "utf8")).toContain('"web"'), { timeout: 5000 });
    await served.stop();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(["state.json"]);
    for (const token of Object.values(tokens)) expect(readFileSync(path, "utf8")).not.toContain(token);
    const again = makeFixture({ snapshot: readStateFile(path) ?? "" });
    expect((await again.call("GET", "/servers", undefined, { token: tokens.ro })).status).toBe(401);
  });

  test("writes what was done although its answer is lost, and what was done by hand", async () => {
    const { simulator } = makeFixture();
    const served = await serveSimulator(simulator, { port: 0, stateFile: path });
    const headers = { Authorization: `Bearer ${tokens.rw}`, "User-Agent": "test", "Content-Type": "application/json" };
    const abort = new AbortController();
    const body = JSON.stringify({ name: "answer-lost", server_type: "cx23", image: "debian-13" });
    simulator.plan({ kind: "lost_after_commit" });
    const post = { method: "POST", headers, body, signal: abort.signal };
    const lost = fetch(`${served.endpoint}/servers`, post).catch(() => "given up");
    await vi.waitFor(() => expect(readFileSync(path, "utf8")).toContain('"answer-lost"'), { timeout: 5000 });
    const hand = { method: "POST", headers, body: JSON.stringify({ project: "demo", name: "by-hand" }) };
    await fetch(`${new URL(served.endpoint).origin}/_control/servers`, hand);
    await vi.waitFor(() => expect(readFileSync(path, "utf8")).toContain('"by-hand"'), { timeout: 5000 });
    abort.abort();
    expect(await lost).toBe("given up");
    await served.stop();
  });

  test("does not start when the file cannot be written", async () => {
    const { simulator } = makeFixture();
    await expect(serveSimulator(simulator, { port: 0, stateFile: join(folder, "no", "such") })).rejects.toThrow(
      "ENOENT",
    );
  });
});

describe("a crash between the write and the rename", () => {
  test("leaves the old state whole, and the next write succeeds", async () => {
    let isDying = false;
    const { steps, files } = makeSteps(() => isDying);
    const { simulator, create } = makeFixture();
    const options = { path, snapshot: () => simulator.snapshot(), onError: fail, steps };
    const file = makeStateFile(options);
    await create("before");
    await file.save();
    const old = files.get(path);
    await create("after");
    isDying = true;
    await expect(file.save()).rejects.toThrow("crashed");
    expect(files.get(path)).toBe(old);
    expect(files.get(`${path}.new`)).toContain('"after"');
    isDying = false;
    await makeStateFile(options).close();
    expect(files.get(path)).toContain('"after"');
    expect([...files.keys()]).toEqual([path]);
  });

  test("leaves a half-written neighbour that harms nobody, whatever its rights", async () => {
    const { simulator } = makeFixture();
    const options = { path, snapshot: () => simulator.snapshot(), onError: fail };
    await makeStateFile(options).close();
    writeFileSync(`${path}.new`, '{"format":"hetz');
    chmodSync(`${path}.new`, 0o444);
    expect(readStateFile(path)).toBeDefined();
    await makeStateFile(options).close();
    expect(readdirSync(folder)).toEqual(["state.json"]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});

describe("writing", () => {
  test("comes once for many changes, not at all without one, and never after the end", async () => {
    const { steps, files } = makeSteps(() => false);
    let writes = 0;
    const counted: FileSteps = {
      ...steps,
      write: (to, text) => {
        writes += 1;
        return steps.write(to, text);
      },
    };
    let world = "{}";
    const file = makeStateFile({ path, snapshot: () => world, onError: fail, steps: counted });
    for (let change = 0; change < 10; change += 1) file.touch();
    await vi.waitFor(() => expect(writes).toBe(1), { timeout: 5000 });
    await file.save();
    expect(writes).toBe(1);
    world = '{"a":1}';
    await file.close();
    file.touch();
    await file.close();
    expect(writes).toBe(2);
    expect(files.get(path)).toContain('{"a":1}');
  });

  test("that fails is told and tried again with the next change", async () => {
    let isDying = true;
    const { steps, files } = makeSteps(() => isDying);
    const errors: string[] = [];
    const onError = (error: Error) => void errors.push(error.message);
    const file = makeStateFile({ path, snapshot: () => "{}", onError, steps });
    file.touch();
    await vi.waitFor(() => expect(errors).toEqual(["crashed"]), { timeout: 5000 });
    isDying = false;
    await file.close();
    expect(files.has(path)).toBe(true);
  });
});

describe("reading", () => {
  test("a file that is not there gives no state", () => {
    expect(readStateFile(path)).toBeUndefined();
  });

  test.each([
    ["half a file", '{"format":"hetzner-simulator-state","ver', "does not hold a simulator's state"],
    ["an empty file", "", "does not hold a simulator's state"],
    ["somebody else's JSON", '{"servers":[]}', "does not hold a simulator's state"],
    ["another version's", '{"format":"hetzner-simulator-state","version":99,"world":{}}', "version 99"],
    ["one with parts missing", '{"format":"hetzner-simulator-state","version":1,"world":{}}', "not complete at"],
  ])("%s is refused in one clear line", (_what, text, reason) => {
    writeFileSync(path, text);
    expect(() => readStateFile(path)).toThrow(reason);
    expect(() => readStateFile(path)).toThrow(
      /^The state file [^\n]+ cannot be used: [^\n]+ Delete it, or name another\.$/,
    );
  });

  test("a folder in its place is refused in one clear line", () => {
    expect(() => readStateFile(folder)).toThrow(/^The state file [^\n]+ cannot be used: [^\n]+$/);
  });
});
