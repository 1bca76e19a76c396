import { describe, expect, it } from "vitest";
import { environments } from "../shared/config.ts";
import { functionNames } from "./bundling.ts";
import { readStage } from "./stages.ts";
import { lambdasOf, synthesize } from "./synthesized.ts";

const read = (values: Readonly<Record<string, string>>) => readStage((name) => values[name]);
const simulator = "http://127.0.0.1:9000/v1";

describe("a stage", () => {
  it.each(["dev", "prod"])("%s speaks to Hetzner itself, over secure cookies and the usual SSH port", (stage) => {
    expect(read({ stage })).toMatchObject({
      region: "eu-central-1",
      hetznerEndpoint: "https://api.hetzner.cloud/v1",
      cookieSecure: true,
      nodeSshPort: 22,
      nodeSshUser: "root",
      retain: true,
      defaults: { serverType: "cx23", location: "nbg1", image: "debian-12" },
    });
  });

  it("local takes from the command line what depends on the machine", () => {
    const stage = read({ stage: "local", hetznerEndpoint: simulator, sshPort: "2200" });
    expect(stage).toMatchObject({ hetznerEndpoint: simulator, nodeSshPort: 2200, cookieSecure: false, retain: false });
    expect(read({ stage: "local", hetznerEndpoint: simulator }).nodeSshPort).toBe(2222);
  });

  it.each([
    [{}, /stage=dev/],
    [{ stage: "test" }, /stage=dev/],
    [{ stage: "local" }, /hetznerEndpoint/],
    [{ stage: "local", hetznerEndpoint: "nonsense" }, /hetznerEndpoint/],
    [{ stage: "local", hetznerEndpoint: simulator, sshPort: "70000" }, /sshPort/],
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
