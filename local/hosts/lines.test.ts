import { expect, it } from "vitest";
import { makeLines } from "./lines.ts";

it("does the work for one number in order, one at a time, and that for others meanwhile", async () => {
  const lines = makeLines();
  const seen: string[] = [];
  const first = Promise.withResolvers<void>();
  const one = lines.run(1, async () => {
    await first.promise;
    seen.push("one");
  });
  const two = lines.run(1, async () => void seen.push("two"));
  await lines.run(2, async () => void seen.push("other"));
  first.resolve();
  await Promise.all([one, two]);
  expect(seen).toEqual(["other", "one", "two"]);
});

it("goes on after a failure, which only its own caller sees", async () => {
  const lines = makeLines();
  const failing = lines.run(1, () => Promise.reject(new Error("no luck")));
  const next = lines.run(1, async () => {});
  await expect(failing).rejects.toThrow("no luck");
  await expect(next).resolves.toBeUndefined();
});

it("waits for what it has taken when it closes, and takes nothing more", async () => {
  const lines = makeLines();
  let done = false;
  const turn = lines.run(1, async () => {
    await new Promise((resolve) => setImmediate(resolve));
    done = true;
  });
  await lines.close();
  expect(done).toBe(true);
  await turn;
  await expect(lines.run(1, async () => {})).rejects.toThrow("closed");
});
