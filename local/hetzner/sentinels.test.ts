import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { faultKinds } from "./fault-kinds.ts";
import { readSentinels } from "./sentinels.ts";

const create = { method: "POST", route: "/servers" };

const names: readonly [string, readonly object[]][] = [
  ["web", []],
  ["web-default-1", []],
  ["web-fault-no-such-thing", []],
  ["web-fault-lost-after-commit", [{ kind: "lost_after_commit", ...create }]],
  ["fault-quota", [{ kind: "quota", ...create }]],
  ["web-fault-quota-8f3a2c", [{ kind: "quota", ...create }]],
  ["web-fault-slow-45s", [{ kind: "slow", ...create, seconds: 45 }]],
  ["web-fault-rate-limited-x3", [{ kind: "rate_limited", ...create, times: 3 }]],
  ["web-fault-timeout-json-after-commit", [{ kind: "timeout_json_after_commit", ...create }]],
  [
    "web-fault-error-resource-limit-exceeded",
    [{ kind: "error", ...create, code: "resource_limit_exceeded", status: 403 }],
  ],
  ["web-fault-action-error-placement-error", [{ kind: "action_error", ...create, code: "placement_error" }]],
  [
    "web-fault-commits-late-90s-fault-hidden-from-lists-30s",
    [
      { kind: "commits_late", ...create, seconds: 90 },
      { kind: "hidden_from_lists", ...create, seconds: 30 },
    ],
  ],
  [
    "web-fault-delete-error-locked-x2",
    [{ kind: "error", method: "DELETE", route: "/servers/{id}", code: "locked", status: 423, times: 2 }],
  ],
  ["web-fault-deleted-by-hand", [{ kind: "deleted_by_hand", ...create }]],
  ["key-fault-sshkey-reset-after-commit", [{ kind: "reset_after_commit", method: "POST", route: "/ssh_keys" }]],
];

test("once can be said, too", () => {
  expect(readSentinels("web-fault-quota-x1")).toEqual([{ kind: "quota", ...create, times: 1 }]);
  expect(readSentinels("web-fault-quota-x0")).toEqual([{ kind: "quota", ...create }]);
});

test.each(names)("%s asks for its faults", (name, expected) => {
  expect(readSentinels(name)).toEqual(expected);
});

test.each(faultKinds.map((kind) => kind.name))("%s can be typed as a name", (name) => {
  expect(readSentinels(`web-fault-${name.replaceAll("_", "-")}`)).toEqual([{ kind: name, ...create }]);
});

test("the README lists every sentinel", () => {
  const readme = readFileSync(new URL("README.md", import.meta.url), "utf8");
  const listed = [...readme.matchAll(/^\| `fault-([a-z0-9-]+)` \|/gm)].map((match) => match[1]?.replaceAll("-", "_"));
  expect(listed).toEqual(faultKinds.map((kind) => kind.name));
});
