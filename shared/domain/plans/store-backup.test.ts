import { describe, expect, it } from "vitest";
import {
  backupJobId,
  endedRun,
  type Look,
  madeId,
  makeBackupState,
  makeRun,
  type Seen,
  walk,
} from "../testing/backups.ts";
import { backupCreate } from "./backup-create.ts";
import type { State } from "./plan.ts";

const MINUTE_MS = 60_000;
const key = makeBackupState().subject.made?.storagePath ?? "";
const runId = `${backupJobId}-send_parts-1`;
const addresses = (count: number) => Array.from({ length: count }, (_, index) => `https://s3.test/${index + 1}`);
const part = (number: number, size_bytes = 500) => ({ number, etag: `${number}`.padStart(32, "0"), size_bytes });
const sent = { sha256: "cd".repeat(32), size_bytes: 1000, parts: [part(1), part(2)], wordpress_version: "6.1.9" };

const opened: Look = {};
const started: Look = { seen: { run: makeRun({ state: "absent" }), partAddresses: addresses(20) } };
const running: Look = { seen: { run: makeRun() } };
const ended: Look = { seen: { run: endedRun(sent) } };
const nothing = { ok: true, value: null } as const;
const stored = { ok: true, value: { sizeBytes: 1000 } } as const;
const completed: Look = { seen: { object: nothing, run: endedRun(sent) } };
const there: Look = { seen: { object: stored, run: endedRun(sent) } };

const after = (...looks: Look[]) => walk(backupCreate, makeBackupState(), looks);
const stepOf = ({ job }: Pick<State, "job">, name: string) => job.steps.find((step) => step.name === name);
const needsAfter = (...looks: Look[]) => backupCreate.needs(after(...looks).last);
const lastWrite = (...looks: Look[]) => after(...looks).moves.at(-1)?.write;

describe("a backup that goes well", () => {
  const { moves, last } = after(opened, {}, started, running, ended, completed, there, { seen: { object: stored } });

  it("opens, sends, completes and checks, in this order", () => {
    expect(moves.flatMap(({ write }) => (write ? [write.kind] : []))).toEqual([
      "open_upload",
      "start_run",
      "complete_upload",
    ]);
    expect(last.job).toMatchObject({ status: "succeeded", progress: 100, work: { upload: null } });
    expect(last.job.steps.map(({ status }) => status)).toEqual(Array(4).fill("succeeded"));
  });

  it("records checksum and size of what is stored, and when", () => {
    expect(last.subject?.made).toMatchObject({
      status: "completed",
      checksum: sent.sha256,
      sizeBytes: 1000,
      completedAtMs: last.nowMs,
    });
  });

  it("leaves environment and site in service and the node free", () => {
    expect(last.subject?.environment.status).toBe("active");
    expect(last.subject?.site).toMatchObject({ status: "active", openJobId: null });
    expect(last.node.openJobId).toBeNull();
  });

  it("says at once that it runs, and nothing of checksum and size before they are checked", () => {
    for (const { subject } of moves.slice(0, -1))
      expect(subject?.made).toMatchObject({ status: "running", checksum: null, sizeBytes: null });
  });
});

describe("what the node is told", () => {
  it("is environment, backup and 20 addresses for parts of 64 MiB", () => {
    expect(lastWrite(opened, {}, started)).toEqual({
      kind: "start_run",
      order: {
        id: runId,
        playbook: "backup-create",
        vars: {
          environment: {
            id: "018f0000-0000-7000-8000-0000000000e1",
            user: "pl_0000000000e1",
            url: "http://production.acme.198-51-100-7.example.org",
          },
          backup: { id: madeId, scope: "full" },
          upload: { part_size_bytes: 67_108_864, urls: addresses(20) },
        },
        timeoutMinutes: 110,
      },
    });
  });

  it("is signed for before the start, and no more once it runs", () => {
    const partAddresses = { key, uploadId: "the-upload", from: 1, count: 20 };
    expect(needsAfter(opened, {})).toEqual({ run: runId, partAddresses });
    expect(needsAfter(opened, {}, started)).toEqual({ run: runId, partAddresses });
    expect(needsAfter(opened, {}, started, running)).toEqual({ run: runId });
  });

  it("holds no address in what is kept", () => {
    expect(JSON.stringify(after(opened, {}, started, running).last)).not.toContain("https://s3.test");
  });
});

describe("a run that asks for addresses", () => {
  const asking = (need: unknown): Look => ({ seen: { run: makeRun({ need }) } });
  const need = { kind: "part_urls", from: 21 };
  const answered: Look = { seen: { run: makeRun({ need }), partAddresses: addresses(20) } };
  const soFar = [opened, {}, started, running];

  it("is given them in the look after, under the number of their first part", () => {
    expect(lastWrite(...soFar, asking(need))).toBeUndefined();
    expect(needsAfter(...soFar, asking(need)).partAddresses).toMatchObject({ from: 21, count: 20 });
    expect(lastWrite(...soFar, asking(need), answered)).toEqual({
      kind: "give_run",
      runId,
      count: 21,
      answer: { from: 21, urls: addresses(20) },
    });
  });

  it("may ask for the same ones again, because their hour is over", () => {
    const looks = [...soFar, asking(need), answered, running, asking(need), answered];
    expect(lastWrite(...looks)).toMatchObject({ kind: "give_run", count: 21 });
  });

  it("is given no more than S3 has parts", () => {
    const last = { kind: "part_urls", from: 9_990 };
    expect(needsAfter(...soFar, asking(last)).partAddresses).toMatchObject({ from: 9_990, count: 11 });
  });

  it.each([
    ["something else", { kind: "a_pony" }],
    ["part 0", { kind: "part_urls", from: 0 }],
    ["part 10 001", { kind: "part_urls", from: 10_001 }],
    ["half a part", { kind: "part_urls", from: 1.5 }],
    ["words", "more"],
  ])("is given nothing for %s", (_, junk) => {
    expect(needsAfter(...soFar, asking(junk))).toEqual({ run: runId });
    expect(lastWrite(...soFar, asking(junk))).toBeUndefined();
  });

  it("gets the first ones anew when its node was restarted and it begins again", () => {
    const cutOff: Look = { seen: { run: makeRun({ state: "interrupted" }) } };
    const looks = [...soFar, cutOff, { seen: { run: makeRun({ state: "absent" }) }, afterMs: MINUTE_MS }];
    expect(needsAfter(...looks)).toMatchObject({ run: `${backupJobId}-send_parts-2`, partAddresses: { from: 1 } });
    expect(lastWrite(...looks, started)).toMatchObject({
      kind: "start_run",
      order: { id: `${backupJobId}-send_parts-2` },
    });
  });
});

describe("what the node says it sent", () => {
  it.each([
    ["parts with a gap", { ...sent, parts: [part(1), part(3)] }],
    ["parts out of order", { ...sent, parts: [part(2), part(1)] }],
    ["parts that are less than the whole", { ...sent, parts: [part(1), part(2, 499)] }],
    ["no parts", { ...sent, parts: [] }],
    ["a checksum that is none", { ...sent, sha256: "ab" }],
    ["nothing", null],
  ])("is no backup with %s", (_, result) => {
    const { last } = after(opened, {}, started, { seen: { run: endedRun(result) } });
    expect(last.job.failure).toMatchObject({ code: "ANSIBLE_UNEXPECTED_ERROR" });
  });
});

describe("S3 that refuses or is silent", () => {
  const soFar = [opened, {}, started, ended];
  const complaint = "S3 did not do it";
  const refusal = { written: { kind: "close_upload", complaint } } as const;
  const silent: Look = { seen: { object: { ok: false, complaint }, run: endedRun(sent) } };
  const notOpened: Look = { written: { kind: "open_upload", upload: { ok: false, complaint } } };

  it.each([
    ["open_upload", [notOpened, opened]],
    ["complete_upload", [...soFar, { ...completed, ...refusal }, completed]],
    ["complete_upload", [...soFar, silent, completed]],
    ["check_object", [...soFar, completed, there, silent]],
  ])("is asked again in %s", (name, looks: Look[]) => {
    const { last } = after(...looks);
    expect(last.job.status).toBe("running");
    expect(stepOf(last, name)?.status).toBe("running");
  });

  it.each([
    ["open_upload", [notOpened, { ...notOpened, afterMs: 11 * MINUTE_MS }]],
    ["complete_upload", [...soFar, { ...completed, ...refusal }, { ...completed, afterMs: 11 * MINUTE_MS }]],
    ["check_object", [...soFar, completed, there, silent, { ...silent, afterMs: 11 * MINUTE_MS }]],
  ])("ends an attempt of %s, in its words, when the time is up", (name, looks: Look[]) => {
    const { last } = after(...looks);
    expect(last.job.attemptCount).toBe(2);
    expect(stepOf(last, name)?.detail).toBe(`Attempt 1 of 3 ended: ${complaint}`);
  });

  it("is asked a second time at once, and later less and less often", () => {
    const { moves } = after(notOpened, { ...notOpened, afterMs: 0 }, { ...notOpened, afterMs: 60_000 });
    const waits = moves.map(({ job }) => (job.runAfterMs ?? 0) - job.updatedAtMs);
    expect(waits).toEqual([0, 2000, 5000]);
  });
});

describe("what S3 holds in the end", () => {
  const judged = (object: Seen["object"]) => {
    const { last } = after(opened, {}, started, ended, completed, there, { seen: object ? { object } : {} });
    return last.job.failure;
  };

  it("must be as long as what the node sent", () => {
    expect(judged({ ok: true, value: { sizeBytes: 999 } })).toMatchObject({
      code: "BACKUP_UPLOAD_FAILED",
      message: "S3 holds 999 bytes of the 1000 that the node sent",
    });
    expect(judged(nothing)?.code).toBe("BACKUP_UPLOAD_FAILED");
  });

  it("is not completed again when the answer was lost", () => {
    expect(lastWrite(opened, {}, started, ended, there)).toBeUndefined();
  });

  it("is waited for while the node that knows the parts is silent", () => {
    const silent: Look = { seen: { object: nothing, run: { reached: false, reason: "timeout" } } };
    const { last } = after(opened, {}, started, ended, silent);
    expect(stepOf(last, "complete_upload")).toMatchObject({
      status: "running",
      detail: expect.stringContaining("SSH"),
    });
  });

  it("is given up when the node has forgotten the parts", () => {
    const { last } = after(opened, {}, started, ended, {
      seen: { object: nothing, run: makeRun({ state: "absent" }) },
    });
    expect(last.job.failure?.code).toBe("BACKUP_UPLOAD_FAILED");
  });
});

describe("the way back", () => {
  const cancelled = (looks: readonly Look[]) => {
    const { last } = after(...looks);
    const asked = { ...last, job: { ...last.job, cancelRequestedAtMs: last.nowMs } };
    return walk(backupCreate, asked, [{}]).last;
  };
  const backSteps = (state: State) => state.job.steps.slice(4).map(({ name }) => name);

  it.each([
    ["nothing before the upload is open", [], []],
    ["the upload alone before the run", [opened], ["abort_upload"]],
    ["a run that may have been started too", [opened, {}], ["stop_send_parts", "abort_upload"]],
    ["run and upload while it sends", [opened, {}, started, running], ["stop_send_parts", "abort_upload"]],
    ["the upload once it is sent", [opened, {}, started, ended], ["abort_upload"]],
    ["the upload that may be complete already", [opened, {}, started, ended, completed], ["abort_upload"]],
  ])("takes back %s", (_, looks: Look[], expected) => {
    expect(backSteps(cancelled(looks))).toEqual(expected);
  });

  it("stops the run, gives up the upload and leaves a failed backup", () => {
    const state = cancelled([opened, {}, started, running]);
    const looks: Look[] = [running, { seen: { run: makeRun({ state: "interrupted" }) } }, {}, {}];
    const { moves, last } = walk(backupCreate, state, looks);
    expect(moves.flatMap(({ write }) => (write ? [write] : []))).toEqual([
      { kind: "stop_run", runId },
      { kind: "abort_upload", key, uploadId: "the-upload" },
    ]);
    expect(last.job).toMatchObject({ status: "cancelled", work: { upload: null } });
    expect(last.subject?.made).toMatchObject({ status: "failed", checksum: null });
    expect(last.subject?.environment.status).toBe("active");
  });

  it("ends even when S3 never takes the upload back: its lifecycle rule does", () => {
    const state = cancelled([opened, {}, started, ended]);
    const refused: Look = { written: { kind: "close_upload", complaint: "no" } };
    const { last } = walk(backupCreate, state, [refused, { ...refused, afterMs: 11 * MINUTE_MS }]);
    expect(last.job.status).toBe("cancelled");
    expect(stepOf(last, "abort_upload")).toMatchObject({ status: "failed", detail: "no" });
  });
});
