/** What is made of a look's answer, which a node that is not ours any more may have written. */
import { describe, expect, it } from "vitest";
import { readRunLook } from "./run-look.ts";
import { readRecap, readTail, readTask, scrubLine, secretPatterns } from "./run-output.ts";
import type { SshOutcome } from "./ssh.ts";

const outcome = (stdout: string, exitCode: number | null = 0): SshOutcome => ({
  reached: true,
  hostKey: "",
  results: [{ exitCode, stdout, stderr: "" }],
});
const lookOf = (about: object) => readRunLook(outcome(JSON.stringify(about)));

describe("readRunLook", () => {
  it("takes an absent run for one of which nothing is known", () => {
    expect(lookOf({ state: "absent" })).toEqual({
      reached: true,
      state: "absent",
      exitCode: null,
      recap: null,
      task: null,
      progress: null,
      tail: [],
      result: null,
      need: null,
    });
  });

  it.each([
    ["nothing", ""],
    ["text", "Last login: today"],
    ["another state", JSON.stringify({ state: "splendid" })],
    ["a list", "[]"],
    ["a cut answer", '{"state":"ended"'],
  ])("does not guess from %s", (_what, text) => {
    expect(readRunLook(outcome(text))).toMatchObject({ reached: false });
  });

  it.each([
    ["not reached", { reached: false, reason: "refused", message: "" } as const, "refused"],
    ["a command that hung", outcome("", null), "timeout"],
    ["no python", outcome("", 127), "the look at the run failed with exit code 127"],
  ])("says why: %s", (_what, answer, reason) => {
    expect(readRunLook(answer)).toEqual({ reached: false, reason });
  });

  it("drops what is not of its kind and keeps the rest", () => {
    const odd = { exit_code: "0; reboot", marks: "TASK [x]", tail: [1], progress: ["x"], need: undefined };
    expect(lookOf({ state: "ended", ...odd, result: { ok: true } })).toMatchObject({
      state: "ended",
      exitCode: null,
      task: null,
      tail: [],
      progress: null,
      result: { ok: true },
    });
  });

  it.each([
    [{ done_bytes: 640_000_000 }, "640 MB"],
    [{ done_bytes: 1, text: "one\u001b[31m\ntwo" }, "one two"],
    [{}, null],
    [{ done_bytes: -1 }, null],
  ])("tells the progress of %j: %s", (progress, expected) => {
    expect(lookOf({ state: "running", progress })).toMatchObject({ progress: expected });
  });
});

/** As much as a look may answer with. */
const filledWith = (text: string) => text.repeat(Math.ceil((2 * 1024 * 1024) / text.length));

describe("2 MiB of one text, which may be a trap for a pattern,", () => {
  it.each([
    ["http://", "http://http://"],
    ["X-Amz-", "X-Amz-X-Amz-"],
    ["password", "passwordpassword"],
    ["z", "zzzz"],
    ["0123456789abcdef", "[redacted]"],
    ["-----BEGIN ", "-----BEGIN -----BEGIN"],
    ["\u001b[", " [ ["],
    [" ", ""],
    ["\u{1f600}", "\u{1f600}\u{1f600}"],
  ])("%j, is cut and shown", (text, beginning) => {
    const long = filledWith(text);
    const facts = lookOf({ state: "running", progress: { text: long }, tail: [long], marks: [`TASK [${long}] *`] });
    if (!facts.reached || facts.progress === null) throw new Error("nothing is shown");
    expect(facts.progress.startsWith(beginning)).toBe(true);
    expect(facts.progress.length).toBeLessThanOrEqual(120);
    expect(facts.tail.join("").length).toBeLessThanOrEqual(300);
  });

  it("costs no other line its place", () => {
    expect(lookOf({ state: "running", tail: ["one", filledWith("http://"), "two"] })).toMatchObject({
      tail: ["one", expect.stringMatching(/^(http:\/\/)+/), "two"],
    });
  });

  it("meets only patterns whose time grows with the text: nothing follows what may repeat without a bound", () => {
    for (const [{ source }] of secretPatterns) {
      const shape = source.replaceAll(/\[(?:\\.|[^\]\\])*\]|\\./g, "x");
      expect(shape).toMatch(/^[^*+]*[*+]?$/);
      expect(shape).not.toMatch(/\{\d+,\}./);
    }
  });
});

const marks = (...lines: string[]) => lines;
const recap = (counts: string) => `localhost                  : ok=3    changed=2    ${counts}    skipped=0`;

describe("readTask", () => {
  it.each([
    ["nothing yet", marks(), null],
    ["the last one", marks("TASK [a : one] ****", "TASK [a : two] ****"), "a : two"],
    ["a handler", marks("TASK [one] ***", "RUNNING HANDLER [node : Reload nginx] ***"), "node : Reload nginx"],
    ["a name with brackets", marks("TASK [one [x]] ***"), "one [x]"],
    [
      "the one that failed, not what tidied up after it",
      marks("TASK [bad] *", "fatal: [localhost]: FAILED!", "TASK [tidy] *", recap("unreachable=0 failed=1")),
      "bad",
    ],
    [
      "the last that failed, where a rescue failed too",
      marks("TASK [bad] *", "fatal: [x", "TASK [Restored site answers] *", "fatal: [x", recap("failed=1")),
      "Restored site answers",
    ],
    [
      "an item of a loop that failed",
      marks("TASK [loop] *", "failed: [localhost] (item=1)", "TASK [tidy] *", recap("failed=1")),
      "loop",
    ],
    [
      "not one whose failure was ignored",
      marks(
        "TASK [bad] *",
        "fatal: [x",
        "TASK [maybe] *",
        "fatal: [x",
        "...ignoring",
        "TASK [tidy] *",
        recap("failed=1"),
      ),
      "bad",
    ],
    [
      "the last, when a rescue saved it",
      marks("TASK [bad] *", "fatal: [x", "TASK [saved] *", recap("failed=0")),
      "saved",
    ],
  ])("%s", (_what, lines, expected) => {
    expect(readTask(lines)).toBe(expected);
  });

  it("is short and printable, whatever a node says", () => {
    expect(readTask([`TASK [\u001b[31m\u202e${"x y ".repeat(100)}] ****`])?.length).toBeLessThanOrEqual(120);
    expect(readTask(["TASK [a\u0000\u202eb] ****"])).toBe("a b");
  });
});

describe("readRecap", () => {
  it.each([
    [recap("unreachable=1    failed=4"), { changed: 2, unreachable: 1, failed: 4 }],
    ["localhost : no counts", null],
    [
      "localhost                  : ok=1    changed=99999999999    failed=0",
      { changed: 999999999, unreachable: 0, failed: 0 },
    ],
  ])("%s", (line, expected) => {
    expect(readRecap(["PLAY RECAP ****", line])).toEqual(expected);
  });
});

describe("scrubLine", () => {
  const signature = "0123456789abcdef".repeat(4);
  it.each([
    [
      `get https://s3.test/b/k?X-Amz-Credential=AKIA&X-Amz-Signature=${signature} now`,
      "get https://s3.test/b/k?[redacted] now",
    ],
    [`{"url": "http://10.0.0.1:4566/k?a=b"}`, `{"url": "http://10.0.0.1:4566/k?[redacted]"}`],
    [`rest-of-a-line&X-Amz-Signature=${signature}&x=1`, "rest-of-a-line&X-Amz-Signature=[redacted]"],
    [signature, "[redacted]"],
    ['"password": "hunter2", "x": 1', '"password": "[redacted]", "x": 1'],
    ["token=abc def", "token=[redacted] def"],
    ["X-Amz-Content-Sha256=c0ffee&x=1", "X-Amz-Content-Sha256=[redacted]&x=1"],
    ["at http://a http://b?c=d 'http://e?f'", "at http://a http://b?[redacted] 'http://e?[redacted]'"],
    ["what? http://a", "what? http://a"],
    ["changed: [localhost]", "changed: [localhost]"],
    ["\u001b[0;31mred\u001b[0m\r\n\u2028end", "red end"],
  ])("%j", (text, expected) => {
    expect(scrubLine(text, 300)).toBe(expected);
  });

  it("cuts after it has scrubbed", () => {
    expect(scrubLine(`https://s3.test/${"k".repeat(280)}?X-Amz-Signature=${signature}`, 300)).not.toContain("0123");
    expect(scrubLine("x".repeat(400), 300)).toHaveLength(300);
  });
});

it("a tail has no empty lines and no rows of stars", () => {
  expect(readTail(["", "TASK [one] ******************", "  ", "ok: [localhost]"])).toEqual([
    "TASK [one]",
    "ok: [localhost]",
  ]);
  expect(readTail(Array.from({ length: 99 }, (_, index) => `line ${index}`))).toHaveLength(60);
});
