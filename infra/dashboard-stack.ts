/** The dashboard on AWS: its files, and CloudFront in front of them and of the API. Can be thrown away and deployed again. */
import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import type { ISource } from "aws-cdk-lib/aws-s3-deployment";
import type { Construct } from "constructs";
import { DashboardBucket } from "./constructs/dashboard-bucket.ts";
import { DashboardFront } from "./constructs/dashboard-front.ts";
import type { Stage } from "./stages.ts";

export interface DashboardStackProps extends StackProps {
  readonly stage: Stage;
  readonly api: { readonly apiId: string };
  /** The built dashboard. */
  readonly dashboard: ISource;
}

export class DashboardStack extends Stack {
  constructor(scope: Construct, id: string, { stage, api, dashboard, ...props }: DashboardStackProps) {
    super(scope, id, { ...props, terminationProtection: stage.retain });
    const apiDomain = `${api.apiId}.execute-api.${this.region}.${this.urlSuffix}`;
    const files = new DashboardBucket(this, "Files", stage);
    const { distribution } = new DashboardFront(this, "Front", { stage, files: files.bucket, apiDomain });
    files.fill(dashboard, distribution);
    const name = stage.dashboardName?.domain ?? distribution.distributionDomainName;
    new CfnOutput(this, "DashboardUrl", { value: `https://${name}` });
    new CfnOutput(this, "DashboardBucketName", { value: files.bucket.bucketName });
    new CfnOutput(this, "DistributionId", { value: distribution.distributionId });
    new CfnOutput(this, "DistributionDomainName", { value: distribution.distributionDomainName });
  }
}
