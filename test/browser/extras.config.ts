/** What is run by hand on the harness of the browser tests: measurements and pictures. `npm test` knows nothing of it. */
import { defineConfig } from "vitest/config";

const extra = (name: string) => ({
  test: {
    name,
    include: [`test/browser/${name}.ts`],
    globalSetup: ["test/browser/setup.ts"],
    testTimeout: 600_000,
    hookTimeout: 180_000,
  },
});

export default defineConfig({ test: { projects: [extra("measure"), extra("pictures")] } });
