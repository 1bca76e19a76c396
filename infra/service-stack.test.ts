import { Match } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { type OperationShape, operations } from "../contracts/operations.ts";
import { type Environment, environments, unknownProviderCode } from "../shared/config.ts";
import { functionNames } from "./bundling.ts";
import { functionOutputName } from "./service-stack.ts";
import { functionOf, lambdasOf, retentionOf, synthesize } from "./synthesized.ts";

const { service } = synthesize("dev");
const lambdas = lambdasOf(service);
const text = (value: unknown) => JSON.stringify(value);

describe("the functions", () => {
  it("are exactly those that have a configuration", () => {
    expect(Object.keys(lambdas).sort()).toEqual([...functionNames].sort());
  });

  it.each(functionNames)("%s gets exactly the variables it reads", (name) => {
    expect(Object.keys(lambdas[name]?.Environment.Variables ?? {}).sort()).toEqual(
      Object.keys(environments[name].shape).sort(),
    );
  });

  it("do not compile with a variable missing", () => {
    // @ts-expect-error QUEUE_URL is missing
    const incomplete: Environment<"worker"> = { TABLE_NAME: "t", HETZNER_ENDPOINT: "https://example.org" };
    expect(environments.worker.safeParse(incomplete).success).toBe(false);
  });

  it("tell the worker where artifacts and WordPress are, as the stage says", () => {
    expect(lambdas.worker?.Environment.Variables).toMatchObject({
      ARTIFACTS_ENDPOINT: "https://s3.eu-central-1.amazonaws.com",
      WORDPRESS_SOURCE: '{"kind":"package"}',
    });
    expect(lambdas.sites?.Environment.Variables.PREVIEW_DOMAIN).toBe("{ip}.sslip.io");
  });

  it("run Node 24 on arm64 as ES modules", () => {
    for (const lambda of Object.values(lambdas))
      expect(lambda).toMatchObject({ Runtime: "nodejs24.x", Architectures: ["arm64"], Handler: "index.handler" });
  });

  it("end before API Gateway gives up, and the worker in a minute", () => {
    const timeouts = Object.fromEntries(Object.entries(lambdas).map(([name, lambda]) => [name, lambda.Timeout]));
    const api = { auth: 29, providers: 29, nodes: 29, "node-check": 29, sites: 29, jobs: 29 };
    expect(timeouts).toEqual({ ...api, worker: 60, sweeper: 60, "node-watch": 60 });
  });

  it("may call themselves in a loop only where that is meant: the worker", () => {
    const recursive = Object.entries(lambdas).filter(([, lambda]) => lambda.RecursiveLoop !== undefined);
    expect(recursive.map(([name, lambda]) => [name, lambda.RecursiveLoop])).toEqual([["worker", "Allow"]]);
  });

  it("reserve no concurrency", () => {
    expect(text(lambdas)).not.toContain("ReservedConcurrentExecutions");
  });

  it("are named in the outputs", () => {
    for (const name of functionNames) service.hasOutput(functionOutputName(name), {});
    expect(functionOutputName("node-check")).toBe("NodeCheckFunctionName");
    for (const name of ["ApiId", "ApiUrl", "TableName", "QueueUrl", "DlqUrl", "ArtifactsBucket"])
      service.hasOutput(name, {});
  });
});

describe("the job queue", () => {
  const deadLetters = Match.stringLikeRegexp("^JobsDeadLetters");

  it("hides a message for 120 s and sets it aside after 5 receives, for 14 days", () => {
    service.resourceCountIs("AWS::SQS::Queue", 2);
    service.hasResourceProperties("AWS::SQS::Queue", {
      VisibilityTimeout: 120,
      RedrivePolicy: { deadLetterTargetArn: { "Fn::GetAtt": [deadLetters, "Arn"] }, maxReceiveCount: 5 },
      FifoQueue: Match.absent(),
    });
    service.hasResourceProperties("AWS::SQS::Queue", { MessageRetentionPeriod: 14 * 24 * 3600 });
  });

  it("is encrypted, and reached over TLS only", () => {
    service.allResourcesProperties("AWS::SQS::Queue", { SqsManagedSseEnabled: true });
    service.resourceCountIs("AWS::SQS::QueuePolicy", 2);
  });

  it("feeds the worker in batches of 10 within a second, 10 at a time, each message for itself", () => {
    service.resourceCountIs("AWS::Lambda::EventSourceMapping", 1);
    service.hasResourceProperties("AWS::Lambda::EventSourceMapping", {
      FunctionName: { Ref: Match.stringLikeRegexp("^workerFunction") },
      BatchSize: 10,
      MaximumBatchingWindowInSeconds: 1,
      ScalingConfig: { MaximumConcurrency: 10 },
      FunctionResponseTypes: ["ReportBatchItemFailures"],
    });
  });
});

describe.each(["sweeper", "node-watch"])("the %s", (name) => {
  const itself = Match.stringLikeRegexp(`^${name.replace("-", "")}Function`);

  it("runs every minute and is not tried again before the next", () => {
    service.hasResourceProperties("AWS::Events::Rule", {
      ScheduleExpression: "rate(1 minute)",
      State: "ENABLED",
      Targets: [{ Arn: { "Fn::GetAtt": [itself, "Arn"] }, RetryPolicy: { MaximumRetryAttempts: 0 } }],
    });
    service.hasResourceProperties("AWS::Lambda::EventInvokeConfig", {
      FunctionName: { Ref: itself },
      MaximumRetryAttempts: 0,
    });
  });

  it("rings when it fails, and when it is silent, which shows as no data at all", () => {
    const dimensions = [{ Name: "FunctionName", Value: { Ref: itself } }];
    service.hasResourceProperties("AWS::CloudWatch::Alarm", { MetricName: "Errors", Dimensions: dimensions });
    service.hasResourceProperties("AWS::CloudWatch::Alarm", {
      MetricName: "Invocations",
      Dimensions: dimensions,
      ComparisonOperator: "LessThanThreshold",
      TreatMissingData: "breaching",
    });
  });
});

describe("the alarms", () => {
  const alarm = z.object({ Properties: z.object({ AlarmDescription: z.string() }).loose() });
  const alarmsOf = (template: typeof service) =>
    Object.values(template.findResources("AWS::CloudWatch::Alarm")).map((one) => alarm.parse(one).Properties);

  it("say what a single dead letter means for a job", () => {
    service.hasResourceProperties("AWS::CloudWatch::Alarm", {
      MetricName: "ApproximateNumberOfMessagesVisible",
      Dimensions: [{ Value: { "Fn::GetAtt": [Match.stringLikeRegexp("^JobsDeadLetters"), "QueueName"] } }],
      Threshold: 1,
      ComparisonOperator: "GreaterThanOrEqualToThreshold",
      AlarmDescription: Match.stringLikeRegexp("cost money"),
    });
  });

  it("are mailed where the stage has an address, and to nobody else", () => {
    const prod = synthesize("prod").service;
    prod.hasResourceProperties("AWS::SNS::Subscription", { Protocol: "email", Endpoint: "someone@example.org" });
    for (const one of alarmsOf(prod)) expect(one.AlarmActions).toHaveLength(1);
    service.resourceCountIs("AWS::SNS::Topic", 0);
    for (const one of alarmsOf(service)) expect(one.AlarmActions).toBeUndefined();
  });
});

describe("the HTTP API", () => {
  const route = z.object({ Properties: z.object({ RouteKey: z.string(), Target: z.unknown() }) });
  const routes = Object.values(service.findResources("AWS::ApiGatewayV2::Route")).map(
    (one) => route.parse(one).Properties,
  );
  const integration = z.object({
    Properties: z.object({
      IntegrationUri: z.object({ "Fn::GetAtt": z.tuple([z.string(), z.literal("Arn")]) }),
      PayloadFormatVersion: z.literal("2.0"),
    }),
  });
  const integrations = service.findResources("AWS::ApiGatewayV2::Integration");
  /** The function behind a route, followed through its integration. */
  const behind = (target: unknown): string => {
    const id = Object.keys(integrations).find((one) => text(target).includes(one)) ?? "";
    const [logicalId] = integration.parse(integrations[id]).Properties.IntegrationUri["Fn::GetAtt"];
    return functionOf(logicalId);
  };

  it("has exactly one route for each operation, to its function, and $default to auth", () => {
    const shapes: readonly OperationShape[] = Object.values(operations);
    const expected = shapes.map(({ method, path, function: name }) => [`${method} ${path}`, name]);
    const actual = routes.map(({ RouteKey, Target }) => [RouteKey, behind(Target)]);
    expect(actual.sort()).toEqual([...expected, ["$default", "auth"]].sort());
  });

  it("answers no other origin", () => {
    service.allResourcesProperties("AWS::ApiGatewayV2::Api", { CorsConfiguration: Match.absent() });
  });

  it("may call only its own functions, and they only by this API", () => {
    const permissions = Object.values(
      service.findResources("AWS::Lambda::Permission", { Properties: { Principal: "apigateway.amazonaws.com" } }),
    );
    expect(permissions).toHaveLength(6);
    for (const one of permissions) expect(text(one)).toContain('"Ref":"FrontApi');
  });

  it("bounds what a stranger can make us pay", () => {
    service.hasResourceProperties("AWS::ApiGatewayV2::Stage", {
      StageName: "$default",
      DefaultRouteSettings: { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 },
    });
  });

  it("logs each request without a header, a cookie, a query or a body", () => {
    const stage = z.object({ Properties: z.object({ AccessLogSettings: z.object({ Format: z.string() }) }) });
    const [format] = Object.values(service.findResources("AWS::ApiGatewayV2::Stage")).map(
      (one) => stage.parse(one).Properties.AccessLogSettings.Format,
    );
    expect(format).toContain("$context.status");
    expect(format?.replaceAll(/\$context\.(identity\.sourceIp|[a-zA-Z]+)/g, "")).not.toContain("$");
    expect(format).not.toMatch(/header|cookie|query|body|authorizer/i);
  });
});

describe("the logs", () => {
  const group = z.object({ Properties: z.object({ RetentionInDays: z.number() }) });
  const daysOf = (stage: "dev" | "prod" | "local") =>
    Object.values(synthesize(stage).service.findResources("AWS::Logs::LogGroup")).map(
      (one) => group.parse(one).Properties.RetentionInDays,
    );

  it.each([
    ["dev", 30],
    ["prod", 90],
    ["local", 1],
  ] as const)("of %s are all kept %i days: one group a function, one for the API", (stage, days) => {
    expect(daysOf(stage)).toEqual(Array.from({ length: functionNames.length + 1 }, () => days));
  });

  it("belong to their function and are made by nobody else", () => {
    const { service: template } = synthesize("prod");
    for (const lambda of Object.values(lambdasOf(template)))
      expect(lambda.LoggingConfig).toEqual({ LogGroup: { Ref: expect.any(String) } });
    expect(retentionOf(template, "AWS::Logs::LogGroup").map((one) => one.DeletionPolicy)).not.toContain("Delete");
    template.resourceCountIs("Custom::LogRetention", 0);
  });
});

describe("error codes of Hetzner that nobody knows", () => {
  it("are counted wherever Hetzner is spoken to, and somebody is told", () => {
    const filters = Object.values(service.findResources("AWS::Logs::MetricFilter"));
    const pattern = `{ $.event = "${unknownProviderCode}" }`;
    expect(filters.map((filter) => filter.Properties.FilterPattern)).toEqual([pattern, pattern, pattern]);
    const [name] = filters.map((filter) => filter.Properties.MetricTransformations[0].MetricName);
    service.hasResourceProperties("AWS::CloudWatch::Alarm", { MetricName: name, Namespace: "Pressluft", Threshold: 1 });
  });
});
