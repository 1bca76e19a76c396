import { Match } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { retentionOf, synthesize } from "./synthesized.ts";

const { data, service, stacks } = synthesize("dev");

describe("the table", () => {
  it("has the keys and the two indexes that the store reads, all attributes in each", () => {
    const keys = (prefix: string) => [
      { AttributeName: `${prefix}pk`, KeyType: "HASH" },
      { AttributeName: `${prefix}sk`, KeyType: "RANGE" },
    ];
    const index = (IndexName: string) => ({
      IndexName,
      KeySchema: keys(`${IndexName}_`),
      Projection: { ProjectionType: "ALL" },
    });
    data.hasResourceProperties("AWS::DynamoDB::Table", {
      KeySchema: keys(""),
      GlobalSecondaryIndexes: [index("list"), index("work")],
    });
  });

  it("is paid by use, restorable to any second, cleaned by TTL and under its own key", () => {
    data.hasResourceProperties("AWS::DynamoDB::Table", {
      BillingMode: "PAY_PER_REQUEST",
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      TimeToLiveSpecification: { AttributeName: "expires_at_s", Enabled: true },
      SSESpecification: {
        SSEEnabled: true,
        SSEType: "KMS",
        KMSMasterKeyId: { "Fn::GetAtt": [Match.stringLikeRegexp("^TableKey"), "Arn"] },
      },
      DeletionProtectionEnabled: true,
    });
  });
});

describe("the bucket of backups", () => {
  it("is closed to the public, without versions, and encrypted by S3's own keys, so that ETags of parts are MD5", () => {
    data.hasResourceProperties("AWS::S3::Bucket", {
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }],
      },
      VersioningConfiguration: Match.absent(),
    });
  });

  it("keeps backups for 30 days and unfinished uploads for one", () => {
    data.hasResourceProperties("AWS::S3::Bucket", {
      LifecycleConfiguration: {
        Rules: [
          Match.objectLike({ Prefix: "backups/", ExpirationInDays: 30, Status: "Enabled" }),
          Match.objectLike({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 }, Status: "Enabled" }),
        ],
      },
    });
  });

  it("answers over TLS only, and its policy allows nobody anything", () => {
    const [policy] = Object.values(data.findResources("AWS::S3::BucketPolicy"));
    const statements = policy?.Properties.PolicyDocument.Statement;
    expect(statements).toMatchObject([
      { Effect: "Deny", Action: "s3:*", Condition: { Bool: { "aws:SecureTransport": "false" } } },
    ]);
  });
});

describe("what holds data", () => {
  const types = ["AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::S3::Bucket"];

  it.each(types)("%s outlives its stack outside the local stage", (type) => {
    for (const stage of ["dev", "prod"] as const)
      for (const policies of retentionOf(synthesize(stage).data, type))
        expect(policies).toEqual({ DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" });
  });

  it.each(types)("%s goes with its stack in the local stage", (type) => {
    const kept = retentionOf(synthesize("local").data, type);
    expect(kept.length).toBeGreaterThan(0);
    for (const policies of kept) expect(policies.DeletionPolicy).toBe("Delete");
  });

  it("keeps the secrets under a key that is not the table's, both rotated", () => {
    data.resourceCountIs("AWS::KMS::Key", 2);
    data.allResourcesProperties("AWS::KMS::Key", { EnableKeyRotation: true });
  });

  it("is one bucket, in the stack that is kept", () => {
    data.resourceCountIs("AWS::S3::Bucket", 1);
    service.resourceCountIs("AWS::S3::Bucket", 0);
  });

  it("cannot be deleted by a slip, except in the local stage", () => {
    for (const stack of Object.values(stacks)) expect(stack.terminationProtection).toBe(true);
    for (const stack of Object.values(synthesize("local").stacks)) expect(stack.terminationProtection).toBe(false);
  });
});
