/** The backup tool of the playbooks is Python; its tests are Python's own. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PARTS_MAX } from "../../shared/domain/backup.ts";

const folder = import.meta.dirname;
const has = (program: string, ...argv: string[]) => spawnSync(program, argv).status === 0;
const isRunnable = has("python3", "-c", "import sys; sys.exit(sys.version_info < (3, 10))") && has("zstd", "--version");
const why = isRunnable ? "" : " (SKIPPED: needs Python 3.10 and zstd)";

test("the backup tool stops at the same part as the worker, which has no addresses beyond it", () => {
  const tool = readFileSync(join(folder, "../../ansible/roles/backup/files/pressluft_backup/upload.py"), "utf8");
  expect(/^PARTS_MAX = ([\d_]+)$/m.exec(tool)?.[1]?.replaceAll("_", "")).toBe(String(PARTS_MAX));
});

/** At least as many; fewer would mean that a file of them was not found. */
const TESTS_MIN = 50;

test.skipIf(!isRunnable && process.env.CI !== "true")(
  `the backup tool passes its own tests${why}`,
  () => {
    const argv = ["-B", "-m", "unittest", "discover", "--start-directory", folder, "--pattern", "backup_*_test.py"];
    const { status, stderr } = spawnSync("python3", argv, { encoding: "utf8", timeout: 120_000 });
    expect(status, stderr).toBe(0);
    const ran = Number(/^Ran (\d+) tests/m.exec(stderr)?.[1]);
    process.stderr.write(`The backup tool ran ${ran} tests of its own.\n`);
    expect(ran).toBeGreaterThanOrEqual(TESTS_MIN);
  },
  120_000,
);
