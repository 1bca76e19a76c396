import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Match, type Template } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { kinds } from "../shared/delivery/kinds.ts";
import { buildViewerRequest } from "./constructs/viewer-request.ts";
import { assertKinds } from "./dashboard-files.ts";
import { grantsOf, retentionOf, synthesize } from "./synthesized.ts";

const templateOf = (name: "dev" | "prod", extra?: Readonly<Record<string, string>>): Template => {
  const { dashboard } = synthesize(name, extra);
  if (dashboard === undefined) throw new Error(`${name} has no dashboard stack`);
  return dashboard;
};
const template = templateOf("prod");
const distribution = (config: object, of = template) =>
  of.hasResourceProperties("AWS::CloudFront::Distribution", { DistributionConfig: Match.objectLike(config) });
const text = (value: unknown) => JSON.stringify(value);

/** CloudFront's own policies, by the ids that AWS publishes. */
const managed = {
  cachingOptimized: "658327ea-f89d-4fab-a63d-7e88639e58f6",
  cachingDisabled: "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
  allViewerExceptHost: "b689b0a8-53d0-40ab-baf2-68738e2966ac",
};

describe("the stack", () => {
  it("is there on AWS and not on the local stage, whose gateway does its part", () => {
    expect(synthesize("dev").dashboard).toBeDefined();
    expect(synthesize("local").dashboard).toBeUndefined();
    expect(Object.keys(synthesize("local").stacks)).toEqual(["data", "service"]);
  });

  it("says where the dashboard is", () => {
    for (const name of ["DashboardUrl", "DashboardBucketName", "DistributionId"]) template.hasOutput(name, {});
    expect(text(template.findOutputs("DashboardUrl"))).toContain('["https://",{"Fn::GetAtt":["FrontDistribution');
  });
});

describe("what goes where", () => {
  const answers = { "Fn::GetAtt": [Match.stringLikeRegexp("^FilesBucket"), "RegionalDomainName"] };

  it("pages and their files: from the bucket, read only, cached as each says, compressed", () => {
    distribution({
      DefaultRootObject: "index.html",
      DefaultCacheBehavior: Match.objectLike({
        AllowedMethods: ["GET", "HEAD"],
        CachePolicyId: managed.cachingOptimized,
        OriginRequestPolicyId: Match.absent(),
        Compress: true,
        ViewerProtocolPolicy: "redirect-to-https",
        FunctionAssociations: [Match.objectLike({ EventType: "viewer-request" })],
      }),
      Origins: Match.arrayWith([Match.objectLike({ DomainName: answers, OriginAccessControlId: Match.anyValue() })]),
    });
  });

  it("/api/*: to the HTTP API, whole, over TLS 1.2, with nothing kept, and no function in between", () => {
    distribution({
      CacheBehaviors: [
        Match.objectLike({
          PathPattern: "/api/*",
          AllowedMethods: ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"],
          CachePolicyId: managed.cachingDisabled,
          OriginRequestPolicyId: managed.allViewerExceptHost,
          ViewerProtocolPolicy: "https-only",
          FunctionAssociations: Match.absent(),
        }),
      ],
      Origins: Match.arrayWith([
        Match.objectLike({
          CustomOriginConfig: { OriginProtocolPolicy: "https-only", OriginSSLProtocols: ["TLSv1.2"] },
        }),
      ]),
    });
    const origins = text(template.findResources("AWS::CloudFront::Distribution"));
    expect(origins).toMatch(
      /"Fn::ImportValue":"pressluft-prod-service:[^"]*FrontApi[^"]*"},"\.execute-api\.eu-central-1\."/,
    );
  });

  it("no answer is replaced by a page: an error of the API stays one", () => {
    distribution({ CustomErrorResponses: Match.absent() });
  });

  it("both behaviours send the same security headers", () => {
    template.resourceCountIs("AWS::CloudFront::ResponseHeadersPolicy", 1);
    const policy = { Ref: Match.stringLikeRegexp("^FrontHeaders") };
    distribution({
      DefaultCacheBehavior: Match.objectLike({ ResponseHeadersPolicyId: policy }),
      CacheBehaviors: [Match.objectLike({ ResponseHeadersPolicyId: policy })],
    });
  });

  it("over HTTP/2 and 3, from Europe and North America, with a log of who asked", () => {
    distribution({
      HttpVersion: "http2and3",
      PriceClass: "PriceClass_100",
      Logging: { Bucket: { "Fn::GetAtt": [Match.stringLikeRegexp("^FrontAccessLog"), "RegionalDomainName"] } },
    });
  });

  it("under a name of its own with TLS 1.2 where the stage has one, under CloudFront's otherwise", () => {
    const certificateArn = "arn:aws:acm:us-east-1:123456789012:certificate/0f0f-1";
    const named = templateOf("prod", { dashboardDomain: "panel.example.org", dashboardCertificate: certificateArn });
    distribution(
      {
        Aliases: ["panel.example.org"],
        ViewerCertificate: Match.objectLike({
          AcmCertificateArn: certificateArn,
          MinimumProtocolVersion: "TLSv1.2_2021",
        }),
      },
      named,
    );
    named.hasOutput("DashboardUrl", { Value: "https://panel.example.org" });
    distribution({ Aliases: Match.absent(), ViewerCertificate: Match.absent() });
  });
});

describe("the buckets", () => {
  it("are closed to the public, encrypted, without versions, and answer over TLS only", () => {
    template.resourceCountIs("AWS::S3::Bucket", 2);
    template.allResourcesProperties("AWS::S3::Bucket", {
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }],
      },
      VersioningConfiguration: Match.absent(),
    });
    const policies = Object.values(template.findResources("AWS::S3::BucketPolicy"));
    expect(policies).toHaveLength(2);
    for (const policy of policies) expect(text(policy)).toContain('"Bool":{"aws:SecureTransport":"false"}');
  });

  it("let nobody in but this distribution, to read and to tell what is missing from what is forbidden", () => {
    const statements = Object.values(template.findResources("AWS::S3::BucketPolicy")).flatMap(
      ({ Properties }) => Properties.PolicyDocument.Statement,
    );
    const allowing = statements.filter(({ Effect }) => Effect === "Allow");
    expect(allowing).toHaveLength(1);
    expect(allowing[0]).toMatchObject({
      Principal: { Service: "cloudfront.amazonaws.com" },
      Action: ["s3:GetObject", "s3:ListBucket"],
    });
    expect(text(allowing[0].Condition.StringEquals["AWS:SourceArn"])).toContain('{"Ref":"FrontDistribution');
  });

  it("take no ACLs but in the log, which CloudFront writes by one and which expires", () => {
    const rules = Object.entries(template.findResources("AWS::S3::Bucket")).map(([id, { Properties }]) => [
      id.replace(/[0-9A-F]{8}$/, ""),
      Properties.OwnershipControls.Rules[0].ObjectOwnership,
      Properties.LifecycleConfiguration?.Rules[0].ExpirationInDays,
    ]);
    expect(rules.sort()).toEqual([
      ["FilesBucket", "BucketOwnerEnforced", undefined],
      ["FrontAccessLog", "ObjectWriter", 90],
    ]);
  });

  it("outlive the stack, as the stage says", () => {
    for (const policies of retentionOf(template, "AWS::S3::Bucket"))
      expect(policies).toEqual({ DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" });
  });
});

describe("an upload", () => {
  const schema = z.object({
    Properties: z.object({
      Include: z.tuple([z.string()]),
      Exclude: z.array(z.string()),
      Prune: z.boolean(),
      SystemMetadata: z.object({ "content-type": z.string(), "cache-control": z.string() }),
      DistributionPaths: z.array(z.string()).optional(),
    }),
    DependsOn: z.array(z.string()).default([]),
  });
  const resources = Object.entries(template.findResources("Custom::CDKBucketDeployment"));
  const uploads = resources.map(([id, resource]) => ({ id, ...schema.parse(resource) }));

  it("is made for each kind of file, with its type and its time in caches", () => {
    const made = uploads.map(({ Properties }) => [Properties.Include[0], Properties.SystemMetadata]);
    expect(made).toEqual(
      kinds.map(({ folder, ending, contentType, cacheControl }) => [
        `${folder.slice(1)}*${ending}`,
        { "content-type": contentType, "cache-control": cacheControl },
      ]),
    );
    for (const { Properties } of uploads) expect(Properties.Exclude).toEqual(["*"]);
  });

  it("removes nothing: tabs that are open still load the files of their page", () => {
    expect(uploads.map(({ Properties }) => Properties.Prune)).toEqual(kinds.map(() => false));
  });

  it("of the pages comes after all others, and they alone are asked for anew at once", () => {
    const last = uploads.find(({ Properties }) => Properties.Include[0] === "*.html");
    const others = uploads.filter((upload) => upload !== last);
    expect(last?.DependsOn).toEqual(expect.arrayContaining(others.map(({ id }) => id)));
    expect(last?.Properties.DistributionPaths).toEqual(["/index.html", "/docs/api/index.html"]);
    for (const { Properties } of others) expect(Properties.DistributionPaths).toBeUndefined();
  });

  it("may write to this bucket, read what CDK uploaded, and invalidate: nothing else", () => {
    const grants = grantsOf(template);
    const reached = grants.flatMap(({ Action, Resource }) =>
      Resource.map((resource) => `${Action[0]} ${text(resource).match(/FilesBucket|cdk-hnb659fds-assets|"\*"/)?.[0]}`),
    );
    expect([...new Set(reached)].sort()).toEqual([
      'cloudfront:GetInvalidation "*"',
      "s3:GetObject* FilesBucket",
      "s3:GetObject* cdk-hnb659fds-assets",
    ]);
  });

  it("leaves a log that ends", () => {
    template.allResourcesProperties("AWS::Logs::LogGroup", { RetentionInDays: 90 });
    template.hasResourceProperties("AWS::Lambda::Function", {
      LoggingConfig: { LogGroup: { Ref: Match.stringLikeRegexp("^FilesUploadLog") } },
    });
  });
});

describe("a file of the dashboard that no upload would take", () => {
  const folder = mkdtempSync(join(tmpdir(), "dashboard-"));
  mkdirSync(join(folder, "assets"));
  writeFileSync(join(folder, "index.html"), "");

  it("stops the synthesis and is named", () => {
    expect(() => assertKinds(folder)).not.toThrow();
    writeFileSync(join(folder, "assets", "a.wasm"), "");
    expect(() => assertKinds(folder)).toThrow("/assets/a.wasm");
    rmSync(folder, { recursive: true });
  });
});

describe("the function's source", () => {
  const build = (source: string) => {
    const folder = mkdtempSync(join(tmpdir(), "function-"));
    writeFileSync(join(folder, "handler.ts"), source);
    try {
      return buildViewerRequest(join(folder, "handler.ts"));
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
  const handler = (body: string) => `export function handler(event: { request: { uri: string } }) { ${body} }`;

  it("may use what CloudFront runs", () => {
    const built = build(handler("const { length } = [1]; return event.request;").replace("{ length }", "length"));
    expect(built).toContain("function handler(event)");
  });

  it.each([
    ["a class", handler("class A {} return new A();")],
    ["destructuring", handler("const { request } = event; return request;")],
    ["for-of", handler("for (const a of [1]) event.request.uri += a; return event.request;")],
    ["a second export", `${handler("return event.request;")}\nexport const other = 1;`],
    ["no handler", "export const other = 1;"],
  ])("is refused for %s", (_, source) => {
    expect(() => build(source)).toThrow();
  });

  it("is rewritten where CloudFront has an older word for it", () => {
    expect(build(handler("return event?.request ?? event;"))).not.toMatch(/\?\.|\?\?/);
  });
});
