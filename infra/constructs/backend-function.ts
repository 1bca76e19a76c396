import { Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { type PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Architecture, Function as LambdaFunction, type RecursiveLoop, Runtime } from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { Environment, FunctionName } from "../../shared/config.ts";
import type { CodeOf } from "../bundling.ts";
import type { DataStack } from "../data-stack.ts";
import type { Stage } from "../stages.ts";
import { type TableAccess, tableKeyStatement, tableStatement } from "../table-access.ts";
import type { JobQueue } from "./job-queue.ts";

/** What the functions share: what they stand on, not what they may do with it. */
export interface Backend {
  readonly stage: Stage;
  readonly data: DataStack;
  readonly jobs: JobQueue;
  readonly code: CodeOf;
}

export interface FunctionProps<F extends FunctionName> {
  readonly backend: Backend;
  readonly description: string;
  /** Exactly what `shared/config.ts` reads: one missing does not compile. */
  readonly environment: Environment<F>;
  readonly table: readonly TableAccess[];
  readonly statements?: readonly PolicyStatement[];
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  readonly recursiveLoop?: RecursiveLoop;
  /** Of an asynchronous invocation; Lambda tries twice more unless told. */
  readonly retryAttempts?: number;
}

/** A Lambda function with a role and a log group of its own. The role may do what is written here and nothing else. */
export class BackendFunction<F extends FunctionName> extends Construct {
  readonly lambda: LambdaFunction;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, name: F, props: FunctionProps<F>) {
    super(scope, name);
    this.logGroup = this.makeLogGroup(props.backend.stage);
    const { backend, table, statements, timeoutSeconds, memoryMb, ...rest } = props;
    this.lambda = new LambdaFunction(this, "Function", {
      ...rest,
      code: backend.code(name),
      handler: "index.handler",
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: memoryMb,
      timeout: Duration.seconds(timeoutSeconds),
      role: this.makeRole(props, this.logGroup),
      logGroup: this.logGroup,
    });
  }

  private makeLogGroup(stage: Stage): LogGroup {
    const removalPolicy = stage.retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
    return new LogGroup(this, "Log", { retention: stage.logRetentionDays, removalPolicy });
  }

  private makeRole({ backend, table, statements = [] }: FunctionProps<F>, logGroup: LogGroup): Role {
    const role = new Role(this, "Role", { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
    // Instead of AWS's managed policy, which lets a function write to every log group of the account.
    logGroup.grantWrite(role);
    const { table: items, tableKey } = backend.data;
    if (table.length > 0) role.addToPolicy(tableKeyStatement(tableKey.keyArn, Stack.of(this).region));
    for (const access of table) role.addToPolicy(tableStatement(items.tableArn, access));
    for (const statement of statements) role.addToPolicy(statement);
    return role;
  }
}
