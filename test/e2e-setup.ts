/**
 * Starts a local cloud for the end-to-end tests, in `.local/e2e` and on free ports, so that it runs beside `npm start` and
 * beside other checkouts. With PRESSLUFT_STACK, the path of a `stack.json`, the tests run on that one instead.
 *
 *   import { inject } from "vitest";
 *   const stack = inject("stack");
 */
import type { TestProject } from "vitest/node";
import { progressLine } from "../local/cloud/message.ts";
import type { PortWishes } from "../local/cloud/ports.ts";
import { readStack, type StackFile } from "../local/cloud/stack-file.ts";
import { type Cloud, startCloud } from "../local/cloud/start.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Addresses and secrets of the running local cloud; its simulator is told what to do at `simulator_control`. */
    stack: StackFile;
    /** Whether simulated servers answer SSH here: Linux only. */
    hasMachines: boolean;
  }
}

const anyFree = { port: 0, isExact: false };
const ports: PortWishes = { gateway: anyFree, aws: anyFree, hetzner: anyFree, ssh: { port: 2222, isExact: false } };
const hasMachines = process.platform === "linux";

/** Answers how to take down again what it started. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  project.provide("hasMachines", hasMachines);
  const { PRESSLUFT_STACK: file } = process.env;
  if (file !== undefined) {
    project.provide("stack", await readStack(file));
    return async () => {};
  }
  const cloud = await start();
  project.provide("stack", cloud.stack);
  return () => cloud.stop();
}

function start(): Promise<Cloud> {
  const startMs = performance.now();
  const log = (line: string) => process.stderr.write(`${progressLine(performance.now() - startMs, line)}\n`);
  return startCloud({
    ports,
    dir: ".local/e2e",
    latency: "fast",
    machines: "stand-ins",
    platform: process.platform,
    log,
  });
}
