/** How a function becomes the files that Lambda runs: one esbuild call for all of them, one bundle each. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Code } from "aws-cdk-lib/aws-lambda";
import { type BuildOptions, buildSync } from "esbuild";
import { environments, type FunctionName } from "../shared/config.ts";
import { packPlaybooks, playbooksFile } from "./playbooks.ts";

export type CodeOf = (name: FunctionName) => Code;

// Object.keys forgets the key type; this keeps it without a cast.
const isFunctionName = (name: string): name is FunctionName => Object.hasOwn(environments, name);
export const functionNames: readonly FunctionName[] = Object.keys(environments).filter(isFunctionName);

/**
 * - `mainFields`: for `platform: node` esbuild prefers CommonJS, which cannot be tree-shaken; the AWS SDK ships both.
 * - `external`: ssh2 tries these native parts and goes on without them; a stub that loads would count as present.
 * - `banner`: CommonJS dependencies call `require` for Node's own modules, and ssh2 asks for `__dirname`; an ES module
 *   has neither.
 * - `sourcemap`: kept beside the bundle for reading a stack trace, not uploaded: loading one slows a cold start.
 */
export const bundleOptions = {
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  mainFields: ["module", "main"],
  minify: true,
  treeShaking: true,
  sourcemap: "external",
  legalComments: "none",
  metafile: false,
  logLevel: "silent",
  outExtension: { ".js": ".mjs" },
  external: ["cpu-features", "*.node"],
  banner: {
    js: `import{createRequire as nodeCreateRequire}from"node:module";const require=nodeCreateRequire(import.meta.url),__dirname=import.meta.dirname;`,
  },
} as const satisfies BuildOptions;

const folderOf = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));

export interface Sources {
  /** Holds `<function>/index.ts`. */
  readonly functions: string;
  readonly playbooks: string;
}
const ownSources: Sources = { functions: folderOf("functions"), playbooks: folderOf("ansible") };

/**
 * Bundles every function at once into `outDir/<name>/index.mjs`, and beside the worker's the playbooks. Throws when an entry
 * is missing or does not compile, or when there are no playbooks.
 */
export const bundledCode = (outDir: string, { functions, playbooks }: Sources = ownSources): CodeOf => {
  const entries = functionNames.map((name) => [`${name}/index`, join(functions, name, "index.ts")]);
  buildSync({ ...bundleOptions, entryPoints: Object.fromEntries(entries), outdir: outDir });
  writeFileSync(join(outDir, "worker", playbooksFile), packPlaybooks(playbooks).archive);
  return (name) => Code.fromAsset(join(outDir, name), { exclude: ["*.map"] });
};

/** Stands in for the bundles where only the template matters, as in tests. */
export const placeholderCode: CodeOf = () => Code.fromInline("exports.handler = async () => undefined;");
