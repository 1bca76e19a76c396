import { Duration } from "aws-cdk-lib";
import { HeadersFrameOption, HeadersReferrerPolicy, ResponseHeadersPolicy } from "aws-cdk-lib/aws-cloudfront";
import type { Construct } from "constructs";
import { HSTS_SECONDS, securityHeaders } from "../../shared/delivery/headers.ts";

/** CloudFront takes these by name only; the others are headers like any other to it. */
const custom = ["permissions-policy", "cross-origin-opener-policy", "cross-origin-resource-policy"] as const;

/** The table of `shared/delivery/headers.ts` as CloudFront wants to hear it. A test holds the two against each other. */
export const makeResponseHeaders = (scope: Construct): ResponseHeadersPolicy =>
  new ResponseHeadersPolicy(scope, "Headers", {
    securityHeadersBehavior: {
      contentSecurityPolicy: {
        contentSecurityPolicy: securityHeaders["content-security-policy"],
        override: true,
      },
      contentTypeOptions: { override: true },
      frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
      referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.SAME_ORIGIN, override: true },
      strictTransportSecurity: { accessControlMaxAge: Duration.seconds(HSTS_SECONDS), override: true },
    },
    customHeadersBehavior: {
      customHeaders: custom.map((header) => ({ header, value: securityHeaders[header], override: true })),
    },
  });
