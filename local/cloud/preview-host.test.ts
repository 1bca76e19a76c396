import { describe, expect, it } from "vitest";
import { previewUrlOf } from "../../shared/domain/site.ts";
import { findPreview, previewDomainFor } from "./preview-host.ts";

const network = { prefix: "198.18.7", hasServer: (ipv4: string) => ["198.18.7.3", "198.18.8.3"].includes(ipv4) };
const find = (host: string | undefined) => findPreview(host, network);
const node = { kind: "node", ipv4: "198.18.7.3", network };

describe("a request is for the preview of a node", () => {
  it.each([
    "main.shop.198-18-7-3.localhost:8080",
    "main.shop.198-18-7-3.localhost",
    "MAIN.Shop.198-18-7-3.LocalHost:8080",
    "main.shop.198-18-7-3.localhost.:8080",
    "a.b-c-1.198-18-7-3.localhost:1",
  ])("at %s", (host) => {
    expect(find(host)).toEqual(node);
  });

  it("at the address that the product gives an environment of it", () => {
    const at = { environment: "main", site: "shop", ipv4: "198.18.7.3" };
    expect(find(new URL(previewUrlOf(previewDomainFor(8088), at)).host)).toEqual(node);
  });
});

describe("a request is for nobody", () => {
  it.each([
    ["another address of the network", "main.shop.198-18-7-4.localhost:8080"],
    ["a server of another network", "main.shop.198-18-8-3.localhost:8080"],
    ["this machine", "main.shop.127-0-0-1.localhost:8080"],
    ["the metadata service", "main.shop.169-254-169-254.localhost:8080"],
    ["the internet", "main.shop.93-184-216-34.localhost:8080"],
    ["an octet with a zero before it", "main.shop.198-18-7-03.localhost:8080"],
    ["an octet that is none", "main.shop.198-18-7-300.localhost:8080"],
    ["an address in dots", "main.shop.198.18.7.3.localhost:8080"],
    ["a name without a site", "main.198-18-7-3.localhost:8080"],
    ["a name with more", "a.main.shop.198-18-7-3.localhost:8080"],
    ["an empty label", ".shop.198-18-7-3.localhost:8080"],
    ["no address", "main.shop.localhost:8080"],
    ["a label that is none", "ma_in.shop.198-18-7-3.localhost:8080"],
    ["a port in the name", "main.shop.198-18-7-3-22.localhost:8080"],
    ["someone else's credentials", "main@shop.198-18-7-3.localhost:8080"],
  ])("%s", (_what, host) => {
    expect(find(host)).toMatchObject({ kind: "unknown" });
  });

  it("where there are no machines, and is told so", () => {
    expect(findPreview("main.shop.127-64-0-3.localhost", undefined)).toMatchObject({
      kind: "unknown",
      why: expect.stringContaining("stand-ins"),
    });
  });
});

it.each([
  undefined,
  "",
  "127.0.0.1:8080",
  "localhost:8080",
  "localhost.",
  "[::1]:8080",
  "main.shop.198-18-7-3.sslip.io",
])("a request for %s is none for a preview", (host) => {
  expect(find(host)).toEqual({ kind: "none" });
});
