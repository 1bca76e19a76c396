import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { BACKUP_FOLDER, RETENTION_DAYS } from "../../contracts/site-models.ts";
import type { Stage } from "../stages.ts";

/** An upload that nobody completed or aborted, after a crash, goes by itself after as many days. */
const UNFINISHED_DAYS = 1;

/**
 * Where backups are. Encrypted by S3's own keys, because then a part's ETag is its MD5 and the node can hold what is stored
 * against what it sent. Without versions: every backup has a key of its own that is written once, and what must go after 30
 * days would live on as a version.
 */
export class ArtifactsBucket extends Construct {
  private readonly bucket: Bucket;

  constructor(scope: Construct, id: string, stage: Stage) {
    super(scope, id);
    this.bucket = new Bucket(this, "Bucket", {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      versioned: false,
      removalPolicy: stage.retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      lifecycleRules: [
        { id: "backups-expire", prefix: `${BACKUP_FOLDER}/`, expiration: Duration.days(RETENTION_DAYS) },
        { id: "unfinished-uploads-end", abortIncompleteMultipartUploadAfter: Duration.days(UNFINISHED_DAYS) },
      ],
    });
  }

  get bucketName(): string {
    return this.bucket.bucketName;
  }

  get bucketArn(): string {
    return this.bucket.bucketArn;
  }
}
