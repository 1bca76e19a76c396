import { describe, expect, inject, it } from "vitest";

describe.each(["hcloudCli", "hcloudGo"] as const)("the tool %s", (name) => {
  const { missing } = inject(name);

  it.skipIf(missing !== null && !inject("needsTools"))(`is there${missing === null ? "" : ` (${missing})`}`, () => {
    expect(missing).toBeNull();
  });
});
