import { describe, expect, it } from "vitest";
import { CommandFailed, run, tryRun } from "./command.ts";

describe("run", () => {
  it("passes input on and answers with the output", async () => {
    expect(await run({ argv: ["cat"], input: "text" })).toBe("text");
  });

  it("gives a command nothing of our environment", async () => {
    const names = (await run({ argv: ["env"], env: { ADDED: "1" } })).split("\n").map((line) => line.split("=")[0]);
    expect(names.filter((name) => name !== "").sort()).toEqual(["ADDED", "HOME", "LC_ALL", "PATH"]);
  });

  it.each([
    ["fails", ["sh", "-c", "echo why >&2; exit 3"], /^sh -c .*failed \(3\): why$/],
    ["does not exist", ["no-such-program"], /no-such-program/],
    ["takes too long", ["sleep", "60"], /^sleep 60 was ended/],
  ] as const)("says which command %s", async (_case, argv, expected) => {
    const failure = run({ argv: [...argv], timeoutMs: 300 });
    await expect(failure).rejects.toThrow(CommandFailed);
    await expect(failure).rejects.toThrow(expected);
  });

  it("ends everything that the command started", async () => {
    const before = performance.now();
    await expect(run({ argv: ["sh", "-c", "sleep 60 & sleep 60"], timeoutMs: 100 })).rejects.toThrow("was ended");
    expect(performance.now() - before).toBeLessThan(5_000);
  });

  it("ends at an abort with its reason", async () => {
    const controller = new AbortController();
    const running = run({ argv: ["sleep", "60"], signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(running).rejects.toThrow("enough");
    await expect(run({ argv: ["true"], signal: controller.signal })).rejects.toThrow("enough");
  });

  it("accepts other exit codes where they are no failure", async () => {
    expect(await run({ argv: ["sh", "-c", "echo a; exit 4"], accept: [0, 4] })).toBe("a\n");
    await expect(tryRun(["false"])).resolves.toBeUndefined();
  });
});
