/**
 * Gets the tools of the conformance tests ready, once. A tool that cannot be had here is said in one line and its tests are
 * skipped; with CI=true it is a failure (`tools.test.ts`).
 */
import type { TestProject } from "vitest/node";
import { needsTools, type Tool } from "../tool.ts";
import { missingDocuments } from "./documents/published.ts";
import { buildHcloudGo, findHcloudCli } from "./tools.ts";

declare module "vitest" {
  interface ProvidedContext {
    hcloudCli: Tool;
    hcloudGo: Tool;
    /** Whether skipping is a failure. */
    needsTools: boolean;
  }
}

const say = (line: string) => void process.stderr.write(`conformance: ${line}\n`);

export default async function setup(project: TestProject): Promise<void> {
  const [hcloudCli, hcloudGo] = await Promise.all([findHcloudCli(say), buildHcloudGo(say)]);
  for (const missing of [hcloudCli.missing, hcloudGo.missing, missingDocuments()])
    if (missing !== null) say(`SKIPPED: ${missing}`);
  project.provide("hcloudCli", hcloudCli);
  project.provide("hcloudGo", hcloudGo);
  project.provide("needsTools", needsTools());
}
