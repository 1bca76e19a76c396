import { RemovalPolicy } from "aws-cdk-lib";
import { BlockPublicAccess, Bucket, BucketEncryption, type BucketProps, type IBucket } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";

/** CDK's Bucket is no IBucket under `exactOptionalPropertyTypes`: one says `isWebsite?`, the other says undefined. */
const isWhole = (bucket: Bucket): bucket is Bucket & { isWebsite: boolean } => typeof bucket.isWebsite === "boolean";

interface PrivateBucket extends Pick<BucketProps, "objectOwnership" | "lifecycleRules"> {
  readonly retain: boolean;
}

/** Closed to the public, encrypted by S3's own keys, reached over TLS only, without versions. */
export const makePrivateBucket = (scope: Construct, id: string, { retain, ...props }: PrivateBucket): IBucket => {
  const bucket = new Bucket(scope, id, {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    versioned: false,
    removalPolicy: retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    ...props,
  });
  if (!isWhole(bucket)) throw new Error("a bucket of CDK's does not say whether it is a website");
  return bucket;
};
