import { RemovalPolicy } from "aws-cdk-lib";
import type { IDistribution } from "aws-cdk-lib/aws-cloudfront";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { type IBucket, ObjectOwnership } from "aws-cdk-lib/aws-s3";
import { BucketDeployment, CacheControl, type ISource } from "aws-cdk-lib/aws-s3-deployment";
import { Construct } from "constructs";
import { PAGES } from "../../shared/delivery/address.ts";
import { type FileKind, kinds } from "../../shared/delivery/kinds.ts";
import type { Stage } from "../stages.ts";
import { makePrivateBucket } from "./private-bucket.ts";

/**
 * Where the built dashboard is; nobody but CloudFront reads it. Without versions: it holds nothing that a checkout and its
 * lock file do not give again, and going back is deploying the commit before.
 */
export class DashboardBucket extends Construct {
  readonly bucket: IBucket;
  private readonly stage: Stage;

  constructor(scope: Construct, id: string, stage: Stage) {
    super(scope, id);
    this.stage = stage;
    const { retain } = stage;
    this.bucket = makePrivateBucket(this, "Bucket", { retain, objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED });
  }

  /** One upload a kind, because an upload has one content type; pages last, when all that they load is there. */
  fill(files: ISource, distribution: IDistribution): void {
    const logGroup = new LogGroup(this, "UploadLog", {
      retention: this.stage.logRetentionDays,
      removalPolicy: this.stage.retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    const upload = (kind: FileKind) =>
      new BucketDeployment(this, `Upload${kind.ending.slice(1)}`, {
        sources: [files],
        destinationBucket: this.bucket,
        exclude: ["*"],
        include: [`${kind.folder.slice(1)}*${kind.ending}`],
        contentType: kind.contentType,
        cacheControl: [CacheControl.fromString(kind.cacheControl)],
        // A tab that was opened before this deployment still loads the files of its own page.
        prune: false,
        outputObjectKeys: false,
        logGroup,
        ...(kind.ending === ".html" ? invalidating(distribution) : {}),
      });
    const [pages, ...before] = kinds.map(upload).reverse();
    for (const other of before) pages?.node.addDependency(other);
  }
}

/** Pages alone. Not waited for: they are `no-cache`, so an edge asks again after a second anyway. */
const invalidating = (distribution: IDistribution) => ({
  distribution,
  distributionPaths: Object.values(PAGES),
  waitForDistributionInvalidation: false,
});
