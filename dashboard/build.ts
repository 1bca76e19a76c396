/** Builds the dashboard, for whoever delivers it: CloudFront's bucket or the local cloud's gateway. */
import { resolve } from "node:path";
import { build } from "vite";

/** `outDir`: emptied first. Throws what the bundler says when it cannot be built. */
export const buildDashboard = (outDir: string): Promise<void> =>
  asProduction(async () => {
    await build({
      configFile: resolve(import.meta.dirname, "vite.config.ts"),
      logLevel: "error",
      build: { outDir, emptyOutDir: true },
    });
  });

/** A shell or a test runner may say otherwise, and Vite listens to it: what is delivered is never a build for development. */
const asProduction = async (work: () => Promise<void>): Promise<void> => {
  const before = process.env.NODE_ENV;
  process.env.NODE_ENV = "production";
  try {
    await work();
  } finally {
    if (before === undefined) Reflect.deleteProperty(process.env, "NODE_ENV");
    else process.env.NODE_ENV = before;
  }
};
