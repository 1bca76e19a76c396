import { Stack } from "aws-cdk-lib";
import { Metric, Stats } from "aws-cdk-lib/aws-cloudwatch";
import { FilterPattern, type LogGroup } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { unknownProviderCode } from "../../shared/config.ts";
import { type Alarms, fiveMinutes } from "./alarms.ts";

interface UnknownCodesProps {
  readonly alarms: Alarms;
  /** Those that speak to Hetzner. */
  readonly functions: Readonly<Record<string, { readonly logGroup: LogGroup }>>;
}

/** Counts the error codes of Hetzner that this version does not know, from the log lines that name them. */
export class UnknownCodes extends Construct {
  constructor(scope: Construct, id: string, { alarms, functions }: UnknownCodesProps) {
    super(scope, id);
    // Metrics are the account's, stages share it: the stack's name keeps them apart.
    const where = { namespace: "Pressluft", metricName: `${Stack.of(this).stackName}-UnknownProviderCodes` };
    for (const [name, { logGroup }] of Object.entries(functions)) {
      logGroup.addMetricFilter(`Of-${name}`, {
        filterName: unknownProviderCode,
        filterPattern: FilterPattern.stringValue("$.event", "=", unknownProviderCode),
        metricNamespace: where.namespace,
        metricName: where.metricName,
        metricValue: "1",
      });
    }
    alarms.add("UnknownProviderCode", {
      metric: new Metric({ ...where, ...fiveMinutes, statistic: Stats.SUM }),
      impact: `Hetzner answered with an error code that this version does not know. It was judged by its HTTP status, and \
jobs went on or failed by that. Look for ${unknownProviderCode} in the logs and update Pressluft or report the code.`,
    });
  }
}
