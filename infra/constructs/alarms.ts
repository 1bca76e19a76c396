import { Duration } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, type Metric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import { Construct } from "constructs";

export interface AlarmProps {
  readonly metric: Metric;
  readonly atLeast?: number;
  /** Alarms below this instead; no data at all counts as below. */
  readonly below?: number;
  /** Whose trouble it is and what to do: all that the person who gets the mail has. */
  readonly impact: string;
}

/** Every alarm of the stage, mailed to one address where there is one. Plain metrics only. */
export class Alarms extends Construct {
  private readonly action: SnsAction | undefined;

  constructor(scope: Construct, id: string, email: string | undefined) {
    super(scope, id);
    if (email === undefined) return;
    const topic = new Topic(this, "Topic", { enforceSSL: true });
    topic.addSubscription(new EmailSubscription(email));
    this.action = new SnsAction(topic);
  }

  add(id: string, { metric, atLeast, below, impact }: AlarmProps): void {
    const isFloor = below !== undefined;
    const alarm = new Alarm(this, id, {
      metric,
      alarmDescription: impact,
      threshold: below ?? atLeast ?? 1,
      evaluationPeriods: 1,
      comparisonOperator: isFloor
        ? ComparisonOperator.LESS_THAN_THRESHOLD
        : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: isFloor ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    });
    if (this.action !== undefined) alarm.addAlarmAction(this.action);
  }
}

export const fiveMinutes = { period: Duration.minutes(5), statistic: "Sum" } as const;
