import { delimiter } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the checkout, with a slash at its end. */
export const checkout = fileURLToPath(new URL("../../", import.meta.url));

/** Where npm puts the tools of this checkout: its Node, cdk and esbuild. */
export const toolFolder = `${checkout}node_modules/.bin`;

/** The caller's own environment: only for tools that need its proxies and registries (pip). */
export function callerEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return Object.fromEntries(entries);
}

/** The caller's PATH with this checkout's tools first, so that `node` is the pinned one. */
export function toolPath(): string {
  return [toolFolder, callerEnvironment().PATH ?? "/usr/bin:/bin"].join(delimiter);
}
