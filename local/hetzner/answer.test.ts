import { expect, test } from "vitest";
import { messageOfCode, statusOfCode } from "./api-error.ts";
import { at, makeFixture } from "./fixture.ts";

test("every code there is has a text of its own to be worded with", () => {
  expect(Object.keys(messageOfCode)).toEqual(Object.keys(statusOfCode));
});

test.each([
  ["resource-limit-exceeded", 403, "server limit exceeded"],
  ["locked", 423, "cannot perform operation because server is locked"],
  ["unauthorized", 401, "unable to authenticate"],
  ["maintenance", 403, "cannot perform operation due to maintenance"],
])("the sentinel fault-error-%s has the text of its code", async (code, status, message) => {
  const refused = await makeFixture().create(`web-fault-error-${code}`);
  expect([refused.status, at(refused.body, "error.message")]).toEqual([status, message]);
});

test.each([
  [{ kind: "error" }, "cannot perform operation due to maintenance"],
  [{ kind: "error", code: "not_yet_known" }, "not yet known"],
  [{ kind: "error", code: "locked", message: "my own" }, "my own"],
  [{ kind: "sold_out" }, "error during placement"],
  [{ kind: "sold_out", code: "conflict" }, "the resource has changed during the request, please retry"],
  [{ kind: "unknown_code" }, "something this client has never heard of"],
  [{ kind: "unknown_code", code: "newer_still" }, "something this client has never heard of"],
] as const)("%j says %j", async (fault, message) => {
  const fixture = makeFixture();
  fixture.simulator.plan({ ...fault, method: "POST", route: "/servers" });
  expect(at((await fixture.create("web")).body, "error.message")).toBe(message);
});
