import { Duration } from "aws-cdk-lib";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import type { FunctionName } from "../../shared/config.ts";
import { type Alarms, fiveMinutes } from "./alarms.ts";
import type { BackendFunction } from "./backend-function.ts";

interface Watched {
  /** Begins the alarms' names. */
  readonly id: string;
  readonly alarms: Alarms;
  /** What follows while it does not run. Sentences. */
  readonly stuck: string;
}

/** Starts a function every minute. The next minute is the retry. Two alarms: it fails, or is not started at all. */
export const everyMinute = (scheduled: BackendFunction<FunctionName>, { id, alarms, stuck }: Watched): void => {
  new Rule(scheduled, "EveryMinute", {
    schedule: Schedule.rate(Duration.minutes(1)),
    targets: [new LambdaFunction(scheduled.lambda, { retryAttempts: 0 })],
  });
  const name = scheduled.node.id;
  alarms.add(`${id}Fails`, {
    metric: scheduled.lambda.metricErrors(fiveMinutes),
    atLeast: 2,
    impact: `The ${name} failed at least twice in 5 minutes. ${stuck} Read the log of ${name}.`,
  });
  alarms.add(`${id}Silent`, {
    metric: scheduled.lambda.metricInvocations(fiveMinutes),
    below: 1,
    impact: `The ${name} was not started for 5 minutes. ${stuck} See whether its schedule is enabled and the account throttled.`,
  });
};
