import { Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { deleteSecret, readSecret } from "../secret-access.ts";
import { machineAccess } from "../table-access.ts";
import type { Alarms } from "./alarms.ts";
import { type Backend, BackendFunction } from "./backend-function.ts";
import {
  defaultsEnvironment,
  hetznerEnvironment,
  queueEnvironment,
  secretsEnvironment,
  tableEnvironment,
} from "./environment.ts";
import { everyMinute } from "./schedule.ts";

const stuck =
  "Until it works again overdue jobs are not sent again, servers that should be gone may go on billing unnoticed, and the \
provider's status is not re-checked.";

/** Looks every minute for what was left behind. */
export class Sweeper extends BackendFunction<"sweeper"> {
  constructor(scope: Construct, backend: Backend & { readonly alarms: Alarms }) {
    const stack = Stack.of(scope);
    super(scope, "sweeper", {
      backend,
      description: "Looks every minute for what was left behind",
      timeoutSeconds: 60,
      memoryMb: 256,
      // The next minute is the retry.
      retryAttempts: 0,
      environment: {
        ...tableEnvironment(backend),
        ...queueEnvironment(backend),
        ...hetznerEnvironment(backend),
        ...secretsEnvironment(backend),
        ...defaultsEnvironment(backend),
      },
      table: [machineAccess],
      statements: [
        backend.jobs.sendStatement(),
        ...readSecret(backend.data.secretsKey, stack, "token"),
        ...deleteSecret(stack, "token"),
      ],
    });
    everyMinute(this, { id: "Sweeper", alarms: backend.alarms, stuck });
  }
}
