import { afterEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { HostSpec } from "../hetzner/index.ts";
import { answerMetadata, type MetadataListener, serveMetadata } from "./metadata.ts";

const spec: HostSpec = {
  serverId: 42,
  name: "web-1",
  ipv4: "198.18.7.1",
  userData: "#cloud-config\n{}\n",
  authorizedKeys: [],
  image: "debian-12",
  location: "hel1",
  networkZone: "eu-central",
};
const root = "/hetzner/v1/metadata";

describe("answerMetadata", () => {
  it.each([
    [`${root}/hostname`, "web-1"],
    [`${root}/instance-id`, "42"],
    [`${root}/public-ipv4`, "198.18.7.1"],
    [`${root}/availability-zone`, "hel1-dc2"],
    [`${root}/region`, "eu-central"],
    [`${root}/private-networks`, "[]\n"],
    ["/hetzner/v1/userdata", "#cloud-config\n{}\n"],
    [`${root}/nothing`, undefined],
    [`${root}/__proto__`, undefined],
    ["/hetzner/v1/metadatahostname", undefined],
    ["/latest/meta-data", undefined],
  ])("%s", (path, expected) => {
    expect(answerMetadata(spec, path)).toBe(expected);
  });

  it("sums up in YAML, with the id as a number", () => {
    expect(parse(answerMetadata(spec, root) ?? "")).toEqual({
      "availability-zone": "hel1-dc2",
      hostname: "web-1",
      "instance-id": 42,
      "public-ipv4": "198.18.7.1",
      region: "eu-central",
    });
  });

  it("knows no address of a server without one", () => {
    expect(answerMetadata({ ...spec, ipv4: null }, `${root}/public-ipv4`)).toBe("");
  });
});

describe("serveMetadata", () => {
  let listener: MetadataListener | undefined;
  afterEach(() => listener?.close());

  it("tells each asker of itself, and nothing to a stranger", async () => {
    const asked: string[] = [];
    listener = await serveMetadata("127.0.0.1", (ipv4) => {
      asked.push(ipv4);
      return asked.length === 1 ? spec : undefined;
    });
    const url = `http://127.0.0.1:${listener.port}${root}/hostname/`;
    const first = await fetch(url);
    expect([first.status, await first.text()]).toEqual([200, "web-1"]);
    expect((await fetch(url)).status).toBe(404);
    expect(asked).toEqual(["127.0.0.1", "127.0.0.1"]);
  });

  it("takes no orders", async () => {
    listener = await serveMetadata("127.0.0.1", () => spec);
    const url = `http://127.0.0.1:${listener.port}${root}/hostname`;
    expect((await fetch(url, { method: "PUT", body: "x" })).status).toBe(404);
  });
});
