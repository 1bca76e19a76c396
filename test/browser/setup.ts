/**
 * One browser and one local cloud for all tests of the dashboard, in `.local/browser` and on free ports. Without Chromium
 * nothing is left running: one line says what to do, the tests are skipped, and with CI=true that is a failure
 * (`chromium.browser.test.ts`).
 */
import type { BrowserServer } from "playwright-core";
import type { TestProject } from "vitest/node";
import { progressLine } from "../../local/cloud/message.ts";
import { type Cloud, startCloud } from "../../local/cloud/start.ts";
import { needsTools } from "../tool.ts";
import { findChromium, launchChromium } from "./chromium.ts";

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
  const { server, cloud, missing } = await start();
  project.provide("chromium", { wsEndpoint: server?.wsEndpoint() ?? null, missing });
  if (cloud === null) {
    say(`SKIPPED: ${missing}`);
    return async () => {};
  }
  project.provide("stack", cloud.stack);
  project.provide("hasMachines", process.platform === "linux");
  return async () => {
    await server.close();
    await cloud.stop();
  };
}

type Started =
  | { readonly server: BrowserServer; readonly cloud: Cloud; readonly missing: null }
  | { readonly server: null; readonly cloud: null; readonly missing: string };

/** The cloud comes first: its lock is the checkout's, and a browser empties the folder that another run's may live in. */
async function start(): Promise<Started> {
  const { path, missing } = await findChromium(say);
  if (path === null) return { server: null, cloud: null, missing };
  const cloud = await startBrowsersCloud();
  const launched = await launchChromium(path, `${dir}/chromium`);
  if (launched.server !== null) return { ...launched, cloud };
  await cloud.stop();
  return { ...launched, cloud: null };
}

async function startBrowsersCloud(): Promise<Cloud> {
  const startMs = performance.now();
  const ports = { gateway: anyFree, aws: anyFree, hetzner: anyFree, ssh: { port: 2222, isExact: false } };
  const log = (line: string) => say(progressLine(performance.now() - startMs, line));
  return startCloud({ ports, dir, latency: "fast", machines: "stand-ins", platform: process.platform, log });
}
