import { defineConfig } from "vitest/config";
import { hostsPossible } from "./local/hosts/index.ts";

const { possible: hasHosts } = await hostsPossible();

/** Each with hosts of its own, so that two may run at once; the others on real hosts look at the whole machine or at its speed. */
const playbookTests = [
  "backup",
  "backup-faults",
  "environments",
  "interruptions",
  "playbooks",
  "provision",
  "runs",
].map((name) => `test/hosts/${name}.hosts.test.ts`);

const machine = {
  test: {
    name: "machine",
    include: ["{local,test}/**/*.hosts.test.ts"],
    exclude: [...playbookTests, "**/node_modules/**"],
    globalSetup: ["test/hosts/setup.ts"],
    fileParallelism: false,
    sequence: { groupOrder: 6 },
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          sequence: { groupOrder: 1 },
          include: ["{contracts,dashboard,shared,functions,infra,local,scripts,test}/**/*.test.ts"],
          exclude: ["**/*.{e2e,hosts,browser}.test.ts", "test/{ansible,conformance}/**", "**/node_modules/**"],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "conformance",
          include: ["test/{ansible,conformance}/**/*.test.ts"],
          globalSetup: ["test/conformance/setup.ts"],
          sequence: { groupOrder: 2 },
          testTimeout: 60_000,
          expect: { poll: { timeout: 10_000 } },
        },
      },
      {
        test: {
          name: "hosts",
          include: hasHosts ? playbookTests : ["test/hosts/possible.hosts.test.ts"],
          globalSetup: ["test/hosts/setup.ts"],
          maxWorkers: 2,
          sequence: { groupOrder: 5 },
          testTimeout: 240_000,
          hookTimeout: 300_000,
        },
      },
      ...(hasHosts ? [machine] : []),
      {
        test: {
          name: "e2e",
          include: ["test/**/*.e2e.test.ts"],
          globalSetup: ["test/e2e-setup.ts"],
          fileParallelism: false,
          sequence: { groupOrder: 3 },
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: "browser",
          include: ["test/browser/**/*.browser.test.ts"],
          globalSetup: ["test/browser/setup.ts"],
          // One cloud, with one operator and one connection.
          fileParallelism: false,
          sequence: { groupOrder: 4 },
          testTimeout: 240_000,
          hookTimeout: 180_000,
          expect: { poll: { timeout: 15_000 } },
        },
      },
    ],
  },
});
