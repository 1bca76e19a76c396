import { Duration } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { limits } from "../../shared/config.ts";
import type { Alarms } from "./alarms.ts";

const impact = `A job message failed ${limits.maxReceiveCount} times and was set aside. Its node may stand still, and a server may \
cost money meanwhile. The sweeper sends the job again by itself, and a job that cannot end is closed as JOB_CRASHED; read the \
message's job_id and look for it in the worker's log.`;

/**
 * The queue that wakes jobs, and where messages go that no worker could take. Messages are hints (the job items are the
 * truth), so neither queue needs to outlive its stack.
 */
export class JobQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, alarms: Alarms) {
    super(scope, id);
    const secured = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true };
    this.deadLetters = new Queue(this, "DeadLetters", { ...secured, retentionPeriod: Duration.days(14) });
    this.queue = new Queue(this, "Queue", {
      ...secured,
      visibilityTimeout: Duration.seconds(limits.visibilityTimeoutSeconds),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: limits.maxReceiveCount },
    });
    const metric = this.deadLetters.metricApproximateNumberOfMessagesVisible({
      period: Duration.minutes(1),
      statistic: "Maximum",
    });
    alarms.add("DeadLetters", { metric, atLeast: 1, impact });
  }

  sendStatement(): PolicyStatement {
    return new PolicyStatement({ actions: ["sqs:SendMessage"], resources: [this.queue.queueArn] });
  }
}
