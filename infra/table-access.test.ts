import { describe, expect, it } from "vitest";
import { backupsOf, environmentsOf, keys, partitions } from "../shared/store/keys.ts";
import { type Family, familyOf } from "./table-access.ts";

// The emulator checks no grant: a key outside every family would first be refused on AWS.
describe("the families of the table", () => {
  const keyOf = (make: (first: string, second: string) => { readonly pk: string }) => make("first", "second").pk;

  it("cover every key of the table", () => {
    const found = Object.fromEntries(Object.entries(keys).map(([name, make]) => [name, familyOf(keyOf(make))]));
    const expected: Readonly<Record<keyof typeof keys, Family>> = {
      installation: "INSTALLATION",
      provider: "PROVIDER",
      catalogue: "PROVIDER",
      budget: "PROVIDER",
      secret: "SECRET",
      node: "NODE",
      tombstone: "NODE",
      nodeName: "NAME",
      site: "SITE",
      siteSlug: "SLUG",
      environment: "ENVIRONMENT",
      backup: "BACKUP",
      job: "JOB",
      audit: "AUDIT",
      idempotency: "IDEMPOTENCY",
      operator: "OPERATOR",
      session: "SESSION",
      apiToken: "TOKEN",
      loginTries: "LOGIN",
    };
    expect(found).toEqual(expected);
  });

  it("cover every partition of the indexes", () => {
    for (const partition of Object.values(partitions))
      expect([partition, familyOf(partition)]).not.toContain(undefined);
    expect(familyOf(partitions.apiTokens)).toBe("TOKEN");
    expect(familyOf(partitions.openTombstones)).toBe("TOMBSTONE");
    expect(familyOf(partitions.sites)).toBe("SITE");
    expect(familyOf(environmentsOf("site"))).toBe("ENVIRONMENT");
    expect(familyOf(backupsOf("environment"))).toBe("BACKUP");
  });

  it("do not overlap: a key belongs to one, and a stranger to none", () => {
    expect(familyOf("PLUGIN#1")).toBeUndefined();
    expect(familyOf("TOMBSTONES#OPEN")).not.toBe("TOKEN");
  });
});
