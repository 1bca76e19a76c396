import { Duration, Stack } from "aws-cdk-lib";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import type { Construct } from "constructs";
import { deleteSecret, readSecret } from "../secret-access.ts";
import { machineAccess } from "../table-access.ts";
import { type Alarms, fiveMinutes } from "./alarms.ts";
import { type Backend, BackendFunction } from "./backend-function.ts";
import {
  defaultsEnvironment,
  hetznerEnvironment,
  queueEnvironment,
  secretsEnvironment,
  tableEnvironment,
} from "./environment.ts";

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
    new Rule(this, "EveryMinute", {
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [new LambdaFunction(this.lambda, { retryAttempts: 0 })],
    });
    this.watch(backend.alarms);
  }

  private watch(alarms: Alarms): void {
    alarms.add("SweeperFails", {
      metric: this.lambda.metricErrors(fiveMinutes),
      atLeast: 2,
      impact: `The sweeper failed at least twice in 5 minutes. ${stuck} Read the sweeper's log.`,
    });
    alarms.add("SweeperSilent", {
      metric: this.lambda.metricInvocations(fiveMinutes),
      below: 1,
      impact: `The sweeper was not started for 5 minutes. ${stuck} See whether its schedule is enabled and the account throttled.`,
    });
  }
}
