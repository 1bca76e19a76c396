/** What must outlive every deploy: the table, the backups, and the keys of the table and of the secrets. */
import { RemovalPolicy, Stack, type StackProps } from "aws-cdk-lib";
import { AttributeType, BillingMode, ProjectionType, Table, TableEncryption } from "aws-cdk-lib/aws-dynamodb";
import { Key } from "aws-cdk-lib/aws-kms";
import type { Construct } from "constructs";
import { ArtifactsBucket } from "./constructs/artifacts-bucket.ts";
import type { Stage } from "./stages.ts";

const text = (name: string) => ({ name, type: AttributeType.STRING });

export class DataStack extends Stack {
  readonly table: Table;
  readonly tableKey: Key;
  /** Not the table's: reading the table says nothing about reading a token. */
  readonly secretsKey: Key;
  readonly artifacts: ArtifactsBucket;

  constructor(scope: Construct, id: string, { stage, ...props }: StackProps & { readonly stage: Stage }) {
    super(scope, id, { ...props, terminationProtection: stage.retain });
    const removalPolicy = stage.retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
    this.tableKey = this.makeKey("TableKey", "Pressluft: the table", removalPolicy);
    this.secretsKey = this.makeKey("SecretsKey", "Pressluft: provider tokens and SSH keys", removalPolicy);
    this.table = this.makeTable(stage, removalPolicy);
    this.artifacts = new ArtifactsBucket(this, "Artifacts", stage);
  }

  private makeKey(id: string, description: string, removalPolicy: RemovalPolicy): Key {
    return new Key(this, id, { description, enableKeyRotation: true, removalPolicy });
  }

  private makeTable(stage: Stage, removalPolicy: RemovalPolicy): Table {
    const table = new Table(this, "Table", {
      partitionKey: text("pk"),
      sortKey: text("sk"),
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      timeToLiveAttribute: "expires_at_s",
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: this.tableKey,
      deletionProtection: stage.retain,
      removalPolicy,
    });
    for (const indexName of ["list", "work"])
      table.addGlobalSecondaryIndex({
        indexName,
        partitionKey: text(`${indexName}_pk`),
        sortKey: text(`${indexName}_sk`),
        projectionType: ProjectionType.ALL,
      });
    return table;
  }
}
