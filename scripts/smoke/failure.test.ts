import { expect, it } from "vitest";
import { job as jobSchema } from "./answers.ts";
import { describeFailure, makeScrubber, SmokeFailed } from "./failure.ts";

const job = jobSchema.parse({
  id: "0197a3c0-0000-7000-8000-000000000001",
  job_type: "env_restore",
  status: "failed",
  site_id: null,
  environment_id: null,
  node_id: null,
  attempt_count: 3,
  finished_at: "2026-11-23T12:00:00.000Z",
  error_code: "ANSIBLE_HOST_FAILED",
  error_reason: "health_check_failed",
  error_message: "Restored site answers: 500",
  guidance: ["Restore another backup."],
  log_tail: Array.from({ length: 60 }, (_, line) => `line ${line}`),
  steps: [
    { name: "verify", status: "succeeded", detail: null },
    { name: "apply", status: "failed", detail: "The site answered 500" },
  ],
});

it("tells step, request, job, code, reason, what to do and the end of the log", () => {
  const command = { method: "GET", path: "/api/jobs/1", status: 200 };
  const lines = describeFailure(
    { name: "restore the backup", seconds: 12.34 },
    new SmokeFailed("the job failed", { command, job }),
  );
  expect(lines.slice(0, 9)).toEqual([
    "FAILED  restore the backup (12.3 s): the job failed",
    "  command   GET /api/jobs/1 -> 200",
    "  job       0197a3c0-0000-7000-8000-000000000001 env_restore failed, attempt 3",
    "  step      apply failed The site answered 500",
    "  code      ANSIBLE_HOST_FAILED",
    "  reason    health_check_failed",
    "  message   Restored site answers: 500",
    "  do        Restore another backup.",
    "  log       | line 20",
  ]);
  expect(lines.at(-1)).toBe("  log       | line 59");
});

it("tells an answer's code and guidance, and that there was none", () => {
  const command = { method: "POST", path: "/api/sites", status: null };
  const answer = { code: "node_not_ready", message: "no", guidance: ["Create a node."], request_id: "r1", details: {} };
  expect(
    describeFailure({ name: "create a site", seconds: 0 }, new SmokeFailed("refused", { command, answer })),
  ).toEqual([
    "FAILED  create a site (0.0 s): refused",
    "  command   POST /api/sites -> no answer",
    "  code      node_not_ready",
    "  message   no",
    "  request   r1",
    "  do        Create a node.",
  ]);
});

it("tells anything else that is thrown by its message", () => {
  expect(describeFailure({ name: "log in", seconds: 0 }, new TypeError("boom"))).toEqual([
    "FAILED  log in (0.0 s): boom",
  ]);
  expect(describeFailure({ name: "log in", seconds: 0 }, "boom")).toEqual(["FAILED  log in (0.0 s): boom"]);
});

it("takes out secrets, the longer one first, and what a terminal would obey", () => {
  const { hide, scrub } = makeScrubber();
  for (const secret of ["abc", "abcdef", ""]) hide(secret);
  expect(scrub("1 abcdef 2 abc 3")).toBe("1 [secret] 2 [secret] 3");
  expect(scrub("\u001b[31mred\u0007\r\nnext\u009b")).toBe(" [31mred   next ");
});
