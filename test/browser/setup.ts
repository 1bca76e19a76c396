/**
 * One browser and one local cloud for all tests of the dashboard, in `.local/browser` and on free ports. Without Chromium
 * nothing is started: one line says what to do, the tests are skipped, and with CI=true that is a failure
 * (`chromium.browser.test.ts`).
 */
import type { TestProject } from "vitest/node";
import { progressLine } from "../../local/cloud/message.ts";
import { type Cloud, startCloud } from "../../local/cloud/start.ts";
import { needsTools } from "../tool.ts";
import { findChromium, type Launched, launchChromium } from "./chromium.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the browser listens for Playwright, or why there is none. */
    chromium: { readonly wsEndpoint: string | null; readonly missing: string | null };
  }
}

const dir = ".local/browser";
const anyFree = { port: 0, isExact: false };
const say = (line: string) => void process.stderr.write(`browser: ${line}\n`);

/** Answers how to take down again what it started. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  project.provide("needsTools", needsTools());
  const { server, missing } = await launch();
  project.provide("chromium", { wsEndpoint: server?.wsEndpoint() ?? null, missing });
  if (server === null) {
    say(`SKIPPED: ${missing}`);
    return async () => {};
  }
  const cloud = await startCloudBeside(server);
  project.provide("stack", cloud.stack);
  project.provide("hasMachines", process.platform === "linux");
  return async () => {
    await server.close();
    await cloud.stop();
  };
}

async function launch(): Promise<Launched> {
  const { path, missing } = await findChromium(say);
  return path === null ? { server: null, missing } : launchChromium(path, `${dir}/chromium`);
}

async function startCloudBeside(browser: { close(): Promise<void> }): Promise<Cloud> {
  const startMs = performance.now();
  const ports = { gateway: anyFree, aws: anyFree, hetzner: anyFree, ssh: { port: 2222, isExact: false } };
  const log = (line: string) => say(progressLine(performance.now() - startMs, line));
  try {
    return await startCloud({
      ports,
      dir,
      latency: "fast",
      machines: "stand-ins",
      platform: process.platform,
      log,
    });
  } catch (error) {
    await browser.close();
    throw error;
  }
}
