import { describe, expect, it } from "vitest";
import { lastLines, run } from "./run.ts";

const node = (script: string, timeoutMs = 20_000) =>
  run({ command: process.execPath, args: ["-e", script], cwd: ".", env: {}, timeoutMs });

describe("run", () => {
  it("answers the exit code with standard output and error", async () => {
    const result = await node("console.log('out'); console.error('err'); process.exitCode = 3");
    expect(result.code).toBe(3);
    expect(lastLines(result.output, 5).split("\n").sort()).toEqual(["err", "out"]);
  });

  it("ends a command, and what that started, at its deadline", async () => {
    const grandchild =
      "require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e3)'], { stdio: 'inherit' })";
    // The grandchild holds the output open: without its end this would not settle.
    const result = await node(`${grandchild}; setInterval(() => {}, 1e3)`, 300);
    expect(result).toMatchObject({ code: null, timedOut: true });
  });

  it("rejects when there is no such command, and with the reason when aborted", async () => {
    const none = { args: [], cwd: ".", env: {}, timeoutMs: 1_000 };
    await expect(run({ ...none, command: "no-such-command" })).rejects.toMatchObject({ code: "ENOENT" });
    const signal = AbortSignal.abort(new Error("stopped by hand"));
    await expect(run({ ...none, command: "true", signal })).rejects.toThrow("stopped by hand");
  });
});

describe("lastLines", () => {
  it("keeps the last lines that say something", () => {
    expect(lastLines("a\n\nb\n  \nc\n", 2)).toBe("b\nc");
  });
});
