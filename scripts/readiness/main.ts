/** `bash scripts/check-readiness.sh` */
import { checks } from "./checks.ts";
import { runChecks } from "./report.ts";

const { lines, isReady } = await runChecks(checks);
for (const line of lines) console.log(line);
process.exitCode = isReady ? 0 : 1;
