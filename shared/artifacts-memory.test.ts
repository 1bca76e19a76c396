import { expect, it } from "vitest";
import { describeArtifacts } from "./artifacts.contract.ts";
import { makeMemoryArtifacts } from "./artifacts-memory.ts";

const HOUR_MS = 3_600_000;
const makeKeys = () => {
  let count = 0;
  return () => `backups/environment/${++count}`;
};

describeArtifacts(
  "memory",
  () => {
    const artifacts = makeMemoryArtifacts({ now: () => 0 });
    return {
      artifacts,
      put: async (address, bytes) => artifacts.put(address, bytes),
      get: async (address) => artifacts.get(address),
    };
  },
  makeKeys(),
);

it("lets an address end after an hour", async () => {
  let nowMs = 0;
  const artifacts = makeMemoryArtifacts({ now: () => nowMs });
  const uploadId = await artifacts.openUpload("key");
  const [address = ""] = await artifacts.partAddresses({ key: "key", uploadId, from: 1, count: 1 });
  artifacts.spoil("other", new Uint8Array([1]));
  const read = await artifacts.readAddress("other");
  nowMs = HOUR_MS - 1;
  expect([artifacts.put(address, new Uint8Array([1])).status, artifacts.get(read)]).toEqual([200, new Uint8Array([1])]);
  nowMs = HOUR_MS;
  expect([artifacts.put(address, new Uint8Array([1])).status, artifacts.get(read)]).toEqual([403, undefined]);
});

it("fails as often as it is told, and then works again", async () => {
  const artifacts = makeMemoryArtifacts({ now: () => 0 });
  artifacts.fail("head", "SlowDown", 2);
  await expect(artifacts.head("key")).rejects.toMatchObject({ code: "SlowDown" });
  await expect(artifacts.head("key")).rejects.toMatchObject({ code: "SlowDown" });
  expect(await artifacts.head("key")).toBeUndefined();
  artifacts.fail("head", "SlowDown", 2);
  artifacts.heal();
  expect(await artifacts.head("key")).toBeUndefined();
});

it("tells which objects and which unfinished uploads there are", async () => {
  const artifacts = makeMemoryArtifacts({ now: () => 0 });
  const uploadId = await artifacts.openUpload("a");
  artifacts.spoil("b", new Uint8Array([1]));
  expect([artifacts.keys(), artifacts.openUploads()]).toEqual([["b"], ["a"]]);
  await artifacts.abortUpload({ key: "a", uploadId });
  artifacts.spoil("b", undefined);
  expect([artifacts.keys(), artifacts.openUploads()]).toEqual([[], []]);
});
