import { expect, inject, it } from "vitest";

const { missing } = inject("chromium");

it.skipIf(missing !== null && !inject("needsTools"))(
  `there is a Chromium${missing === null ? "" : ` (${missing})`}`,
  () => {
    expect(missing).toBeNull();
  },
);
