import { RemovalPolicy } from "aws-cdk-lib";
import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import { HttpApi, HttpMethod, HttpStage, LogGroupLogDestination } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { type ApiFunction, type OperationShape, operations } from "../../contracts/operations.ts";
import type { FunctionName } from "../../shared/config.ts";
import type { Stage } from "../stages.ts";
import type { BackendFunction } from "./backend-function.ts";

/** One operator and a dashboard that polls: enough for both, and a bound for what a stranger can make us pay. */
const throttle = { rateLimit: 50, burstLimit: 100 } as const;

/** What a request was and how it went: no header, no cookie, no query, no body. */
const logged = {
  request_id: "$context.requestId",
  time: "$context.requestTime",
  ip: "$context.identity.sourceIp",
  route: "$context.routeKey",
  path: "$context.path",
  status: "$context.status",
  size_bytes: "$context.responseLength",
  latency_ms: "$context.responseLatency",
  function_status: "$context.integrationStatus",
  function_latency_ms: "$context.integrationLatency",
} as const;

type ApiFunctions = { readonly [F in ApiFunction]: BackendFunction<F & FunctionName> };

/** The HTTP API: one route an operation, and `$default` for whatever is none. No CORS: the SPA shares its origin. */
export class HttpFront extends Construct {
  readonly api: HttpApi;

  constructor(scope: Construct, id: string, props: { readonly stage: Stage; readonly functions: ApiFunctions }) {
    super(scope, id);
    const integrations = makeIntegrations(props.functions);
    this.api = new HttpApi(this, "Api", {
      apiName: `pressluft-${props.stage.name}`,
      createDefaultStage: false,
      defaultIntegration: integrations.auth,
    });
    const shapes: readonly OperationShape[] = Object.values(operations);
    for (const { function: name, method, path } of shapes)
      this.api.addRoutes({ path, methods: [HttpMethod[method]], integration: integrations[name] });
    this.addStage(props.stage);
  }

  private addStage(stage: Stage): void {
    const removalPolicy = stage.retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
    const logGroup = new LogGroup(this, "AccessLog", { retention: stage.logRetentionDays, removalPolicy });
    new HttpStage(this, "Stage", {
      httpApi: this.api,
      stageName: "$default",
      autoDeploy: true,
      throttle,
      accessLogSettings: {
        destination: new LogGroupLogDestination(logGroup),
        format: AccessLogFormat.custom(JSON.stringify(logged)),
      },
    });
  }
}

/** One integration a function, shared by its routes; so is its permission, which is for this API alone. */
const makeIntegrations = (functions: ApiFunctions): Record<ApiFunction, HttpLambdaIntegration> => {
  const make = (name: ApiFunction) =>
    new HttpLambdaIntegration(name, functions[name].lambda, { scopePermissionToRoute: false });
  return {
    auth: make("auth"),
    providers: make("providers"),
    nodes: make("nodes"),
    "node-check": make("node-check"),
    sites: make("sites"),
    jobs: make("jobs"),
  };
};
