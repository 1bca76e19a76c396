import { describe, expect, it } from "vitest";
import { environments } from "../shared/config.ts";
import { functionNames } from "./bundling.ts";
import { readStage } from "./stages.ts";
import { lambdasOf, synthesize } from "./synthesized.ts";

const read = (values: Readonly<Record<string, string | undefined>>) => readStage((name) => values[name]);
const simulator = "http://127.0.0.1:9000/v1";
const local = {
  stage: "local",
  hetznerEndpoint: simulator,
  artifactsEndpoint: "http://198.18.7.254:4566",
  previewDomain: "{ip}.localhost:8080",
};
const certificate = "arn:aws:acm:us-east-1:123456789012:certificate/0f0f0f0f-0000-4000-8000-000000000001";
const sha256 = "0123456789abcdef".repeat(4);

describe("a stage", () => {
  it.each(["dev", "prod"])("%s speaks to Hetzner itself, over secure cookies and the usual SSH port", (stage) => {
    expect(read({ stage })).toMatchObject({
      region: "eu-central-1",
      hetznerEndpoint: "https://api.hetzner.cloud/v1",
      cookieSecure: true,
      nodeSshPort: 22,
      nodeSshUser: "root",
      retain: true,
      previewDomain: "{ip}.sslip.io",
      wordpress: { kind: "package" },
      artifactsEndpoint: "https://s3.eu-central-1.amazonaws.com",
      defaults: { serverType: "cx23", location: "nbg1", image: "debian-12" },
    });
  });

  it("local takes from the command line what depends on the machine", () => {
    const { stage: name, ...values } = local;
    const stage = read({ ...local, sshPort: "2200" });
    expect(stage).toMatchObject({ ...values, name, nodeSshPort: 2200, cookieSecure: false, retain: false });
    expect(read(local).nodeSshPort).toBe(2222);
  });

  it("keeps artifacts at the S3 of its own region", () => {
    expect(read({ stage: "prod", region: "eu-west-1" }).artifactsEndpoint).toBe("https://s3.eu-west-1.amazonaws.com");
  });

  it("shows previews below a domain of one's own, and installs WordPress from a mirror, where that is asked for", () => {
    const url = "https://mirror.example.org/wordpress-6.9.tar.gz";
    const stage = read({
      stage: "prod",
      previewDomain: "sites.example.org",
      wordpressUrl: url,
      wordpressSha256: sha256,
    });
    expect(stage).toMatchObject({ previewDomain: "sites.example.org", wordpress: { kind: "url", url, sha256 } });
  });

  it("names the dashboard as it is told, with the certificate for it", () => {
    const values = { dashboardDomain: "panel.example.org", dashboardCertificate: certificate };
    const { dashboardName, hasCloudFront } = read({ stage: "prod", ...values });
    expect(dashboardName).toEqual({ domain: values.dashboardDomain, certificateArn: values.dashboardCertificate });
    expect(hasCloudFront).toBe(true);
    expect(read({ stage: "prod" }).dashboardName).toBeUndefined();
    expect(read(local).hasCloudFront).toBe(false);
  });

  it.each([
    [{}, /stage=dev/],
    [{ stage: "prod", dashboardDomain: "panel.example.org" }, /come together/],
    [{ stage: "prod", dashboardCertificate: certificate }, /come together/],
    [
      { stage: "prod", dashboardDomain: "https://panel.example.org", dashboardCertificate: certificate },
      /dashboardDomain/,
    ],
    [
      {
        stage: "prod",
        dashboardDomain: "panel.example.org",
        dashboardCertificate: certificate.replace("us-east-1", "eu-west-1"),
      },
      /us-east-1/,
    ],
    [{ stage: "test" }, /stage=dev/],
    [{ stage: "local" }, /hetznerEndpoint/],
    [{ ...local, artifactsEndpoint: undefined }, /artifactsEndpoint=/],
    [{ ...local, previewDomain: undefined }, /previewDomain=/],
    [{ ...local, hetznerEndpoint: "nonsense" }, /hetznerEndpoint/],
    [{ ...local, sshPort: "70000" }, /sshPort/],
    [{ stage: "prod", artifactsEndpoint: "https://s3.example.org" }, /local stage only/],
    [{ stage: "prod", previewDomain: "https://example.org" }, /previewDomain/],
    [{ stage: "prod", wordpressUrl: "https://example.org/wordpress.tar.gz" }, /sha256/],
    [{ stage: "prod", wordpressSha256: sha256 }, /url/],
    [{ stage: "prod", wordpressUrl: "ftp://example.org/wordpress.tar.gz", wordpressSha256: sha256 }, /url/],
    [{ stage: "prod", hetznerEndpoint: simulator }, /local stage only/],
    [{ stage: "prod", sshPort: "22" }, /local stage only/],
    [{ stage: "prod", alarmEmail: "nobody" }, /alarmEmail/],
    [{ stage: "prod", region: "Frankfurt" }, /region/],
  ])("is refused, naming what is wrong: %j", (values, message) => {
    expect(() => read(values)).toThrow(message);
  });

  it.each(["dev", "prod", "local"] as const)("%s gives each function values that its configuration accepts", (name) => {
    const lambdas = lambdasOf(synthesize(name).service);
    for (const functionName of functionNames) {
      const variables = Object.entries(lambdas[functionName]?.Environment.Variables ?? {});
      // What CloudFormation fills in is a reference here: any address stands for it.
      const values = variables.map(([key, value]) => [
        key,
        typeof value === "string" ? value : "https://example.org/x",
      ]);
      expect(environments[functionName].safeParse(Object.fromEntries(values)).error).toBeUndefined();
    }
  });
});
