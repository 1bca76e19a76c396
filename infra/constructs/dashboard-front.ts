import { Annotations, Duration } from "aws-cdk-lib";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import * as cloudfront from "aws-cdk-lib/aws-cloudfront";
import { HttpOrigin, S3BucketOrigin } from "aws-cdk-lib/aws-cloudfront-origins";
import { type IBucket, ObjectOwnership } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { PAGES } from "../../shared/delivery/address.ts";
import type { Stage } from "../stages.ts";
import { makeResponseHeaders } from "./dashboard-headers.ts";
import { makePrivateBucket } from "./private-bucket.ts";
import { buildViewerRequest } from "./viewer-request.ts";

interface Origins {
  readonly stage: Stage;
  /** The dashboard's files. */
  readonly files: IBucket;
  /** Host name of the HTTP API. */
  readonly apiDomain: string;
}

/** CloudFront: the dashboard and the API under one name. What goes where is told by `shared/delivery/address.ts`. */
export class DashboardFront extends Construct {
  readonly distribution: cloudfront.Distribution;

  constructor(scope: Construct, id: string, { stage, files, apiDomain }: Origins) {
    super(scope, id);
    const responseHeadersPolicy = makeResponseHeaders(this);
    this.distribution = new cloudfront.Distribution(this, "Distribution", {
      comment: `pressluft-${stage.name}`,
      defaultRootObject: PAGES.dashboard.slice(1),
      defaultBehavior: { ...this.pages(files), responseHeadersPolicy },
      additionalBehaviors: { "/api/*": { ...apiBehind(apiDomain), responseHeadersPolicy } },
      httpVersion: cloudfront.HttpVersion.HTTP2_AND_3,
      // Europe and North America, the cheapest; from elsewhere it works too, over a longer way.
      priceClass: cloudfront.PriceClass.PRICE_CLASS_100,
      logBucket: this.makeLogBucket(stage),
      ...nameOf(this, stage),
    });
    Annotations.of(this).acknowledgeWarning(...listWarning);
  }

  /**
   * CloudFront may list the bucket, because S3 answers 403 instead of 404 for what is missing to those who may not. Nobody can
   * ask for the list: no address but `/` would be one, and the function never lets that through.
   */
  private pages(files: IBucket): cloudfront.BehaviorOptions {
    return {
      origin: S3BucketOrigin.withOriginAccessControl(files, {
        originAccessLevels: [cloudfront.AccessLevel.READ, cloudfront.AccessLevel.LIST],
      }),
      viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
      allowedMethods: cloudfront.AllowedMethods.ALLOW_GET_HEAD,
      cachePolicy: cloudfront.CachePolicy.CACHING_OPTIMIZED,
      compress: true,
      functionAssociations: [
        { function: this.makeViewerRequest(), eventType: cloudfront.FunctionEventType.VIEWER_REQUEST },
      ],
    };
  }

  private makeViewerRequest(): cloudfront.Function {
    return new cloudfront.Function(this, "ViewerRequest", {
      code: cloudfront.FunctionCode.fromInline(buildViewerRequest()),
      runtime: cloudfront.FunctionRuntime.JS_2_0,
      comment: "Deep links of the dashboard are its one page",
    });
  }

  /**
   * Who asked: behind CloudFront the API's own log knows CloudFront's address alone, and X-Forwarded-For says what its sender
   * likes. ACLs are on, because that is how CloudFront gets to write; public ones stay blocked.
   */
  private makeLogBucket({ retain, logRetentionDays }: Stage): IBucket {
    return makePrivateBucket(this, "AccessLog", {
      retain,
      objectOwnership: ObjectOwnership.OBJECT_WRITER,
      lifecycleRules: [{ id: "log-expires", expiration: Duration.days(logRetentionDays) }],
    });
  }
}

const listWarning = [
  "@aws-cdk/aws-cloudfront-origins:listBucketSecurityRisk",
  "the address `/` is a page: the function says so, and the default root object",
] as const;

/** Everything but the host name goes through, and nothing is kept. A password sent over plain http is refused, not redirected. */
const apiBehind = (apiDomain: string): cloudfront.BehaviorOptions => ({
  origin: new HttpOrigin(apiDomain, {
    protocolPolicy: cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
    originSslProtocols: [cloudfront.OriginSslPolicy.TLS_V1_2],
  }),
  viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
  allowedMethods: cloudfront.AllowedMethods.ALLOW_ALL,
  cachePolicy: cloudfront.CachePolicy.CACHING_DISABLED,
  originRequestPolicy: cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
});

/** A name of one's own; without it CloudFront's, whose certificate lets old browsers come with TLS 1.0. */
const nameOf = (scope: Construct, { dashboardName }: Stage): Partial<cloudfront.DistributionProps> =>
  dashboardName === undefined
    ? {}
    : {
        domainNames: [dashboardName.domain],
        certificate: Certificate.fromCertificateArn(scope, "Certificate", dashboardName.certificateArn),
        minimumProtocolVersion: cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
      };
