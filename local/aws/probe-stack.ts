/** What the probe relies on; the product's numbers where it has them (maxReceiveCount 5). */
export const probe = { messages: 10, handlerMs: 2_000, concurrency: 5, maxReceiveCount: 5, functionTimeoutSeconds: 10 };

/**
 * Invoked directly it tells its remaining time before and after a short wait; a message `poison` fails each time; any
 * other message takes `handlerMs`. Inline code has no bundler, hence CommonJS.
 */
const code = `
exports.handler = async (event, context) => {
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  if (event.Records === undefined) {
    const beforeMs = context.getRemainingTimeInMillis();
    await wait(200);
    return { beforeMs, afterMs: context.getRemainingTimeInMillis() };
  }
  const poison = event.Records.filter((record) => record.body === "poison");
  if (poison.length === 0) await wait(${probe.handlerMs});
  return { batchItemFailures: poison.map((record) => ({ itemIdentifier: record.messageId })) };
};`;

/**
 * The probe's stack: made by CloudFormation as the product's is, because that is where an emulator drops properties.
 * Two queues feed one function; the poison queue reappears after a second so that five receives take few.
 */
export function probeTemplate() {
  const assume = { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" };
  return {
    Resources: {
      Dead: { Type: "AWS::SQS::Queue" },
      Poison: {
        Type: "AWS::SQS::Queue",
        Properties: {
          VisibilityTimeout: 1,
          RedrivePolicy: { deadLetterTargetArn: arnOf("Dead"), maxReceiveCount: probe.maxReceiveCount },
        },
      },
      Slow: { Type: "AWS::SQS::Queue", Properties: { VisibilityTimeout: 60 } },
      Role: {
        Type: "AWS::IAM::Role",
        Properties: { AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [assume] } },
      },
      Function: {
        Type: "AWS::Lambda::Function",
        Properties: {
          Runtime: "nodejs24.x",
          Handler: "index.handler",
          Timeout: probe.functionTimeoutSeconds,
          Role: arnOf("Role"),
          Code: { ZipFile: code },
        },
      },
      FromSlow: mapping("Slow", { ScalingConfig: { MaximumConcurrency: probe.concurrency } }),
      FromPoison: mapping("Poison", {}),
    },
  };
}

function mapping(queue: string, more: object) {
  return {
    Type: "AWS::Lambda::EventSourceMapping",
    Properties: {
      EventSourceArn: arnOf(queue),
      FunctionName: { Ref: "Function" },
      BatchSize: 1,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      ...more,
    },
  };
}

function arnOf(logicalId: string) {
  return { "Fn::GetAtt": [logicalId, "Arn"] };
}
