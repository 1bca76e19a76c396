import { describe, expect, it } from "vitest";
import { judgeImports } from "./imports.ts";

const judge = (path: string, from: string) => judgeImports(path, `import { a } from "${from}";\n`);

describe("an import against the design is refused", () => {
  it.each([
    ["contracts/models.ts", "../shared/ids.ts"],
    ["contracts/models.ts", "node:fs"],
    ["shared/domain/job.ts", "../store/jobs.ts"],
    ["shared/domain/job.ts", "../config.ts"],
    ["shared/domain/job.ts", "node:crypto"],
    ["shared/domain/plans/start.ts", "../../hetzner/index.ts"],
    ["shared/store/jobs.ts", "../hetzner/index.ts"],
    ["shared/store/jobs.ts", "../node/index.ts"],
    ["shared/store/jobs.ts", "../../functions/worker/deps.ts"],
    ["shared/node/ssh.ts", "../store/jobs.ts"],
    ["shared/hetzner/client.ts", "../../contracts/errors.ts"],
    ["shared/hetzner/client.ts", "../config.ts"],
    ["shared/queue.ts", "./store/jobs.ts"],
    ["functions/nodes/handlers.ts", "../../shared/hetzner/index.ts"],
    ["functions/nodes/handlers.ts", "../worker/batch.ts"],
    ["functions/nodes/handlers.ts", "../../infra/stages.ts"],
    ["functions/nodes/handlers.ts", "../../local/hetzner/index.ts"],
    ["functions/jobs/handlers.ts", "@middy/core"],
    ["functions/worker/batch.ts", "../http/edge.ts"],
    ["functions/worker/act.ts", "ssh2"],
    ["functions/providers/check.ts", "./fixture.ts"],
    ["shared/delivery/address.ts", "../config.ts"],
    ["shared/delivery/address.ts", "node:url"],
    ["infra/app.ts", "../functions/nodes/handlers.ts"],
    ["infra/app.ts", "../dashboard/app.tsx"],
    ["infra/app.ts", "../shared/store/keys.ts"],
    ["dashboard/src/main.ts", "../../shared/config.ts"],
    ["local/hetzner/simulator.ts", "../../shared/store/jobs.ts"],
    ["local/main.ts", "../functions/worker/batch.ts"],
  ])("%s of %s", (path, from) => {
    expect(judge(path, from)).toHaveLength(1);
  });
});

describe("an import with the design passes", () => {
  it.each([
    ["contracts/models.ts", "zod"],
    ["shared/domain/plans/start.ts", "../../../contracts/errors.ts"],
    ["shared/store/jobs.ts", "../domain/job.ts"],
    ["shared/node/host-look.ts", "../domain/plans/plan.ts"],
    ["functions/worker/act.ts", "../../shared/hetzner/index.ts"],
    ["functions/http/edge.ts", "@middy/core"],
    ["functions/providers/check.test.ts", "./fixture.ts"],
    ["infra/table-access.test.ts", "../shared/store/keys.ts"],
    ["infra/constructs/viewer-request.ts", "../../shared/delivery/address.ts"],
    ["infra/dashboard-files.ts", "../dashboard/build.ts"],
    ["local/cloud/dashboard.ts", "../../dashboard/build.ts"],
    ["dashboard/src/main.ts", "../../contracts/models.ts"],
    ["test/node-delete.harness.test.ts", "../functions/worker/batch.ts"],
  ])("%s of %s", (path, from) => {
    expect(judge(path, from)).toEqual([]);
  });
});

it("sees every form of import", () => {
  const forms = [
    'import "../store/jobs.ts";',
    'import type { A } from "../store/jobs.ts";',
    'import {\n  a,\n  b,\n} from "../store/jobs.ts";',
    'export { a } from "../store/jobs.ts";',
    'export * from "../store/jobs.ts";',
    'const a = await import("../store/jobs.ts");',
  ];
  for (const form of forms)
    expect([form, judgeImports("shared/domain/job.ts", form)]).toEqual([form, [expect.any(String)]]);
});

it("takes no text or comment for an import", () => {
  const text =
    '/* import "../store/jobs.ts"; */\nconst text = `\nimport "../store/jobs.ts";\n`;\nexport const path = "../store/jobs.ts";\n';
  expect(judgeImports("shared/domain/job.ts", text)).toEqual([]);
});
