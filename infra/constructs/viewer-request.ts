/** The code of the CloudFront Function, from the same source as the local gateway's decision. */
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const entry = fileURLToPath(new URL("../../shared/delivery/viewer-request.ts", import.meta.url));

/**
 * What CloudFront's runtime 2.0 has beyond ES 5.1, as far as we use it; esbuild rewrites all else or refuses to build.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html
 */
const beyondEs5 = { "const-and-let": true, arrow: true, "template-literal": true };

/** CloudFront knows no modules: it calls the global function `handler`. */
const exportOfHandler = /\nexport \{\s*handler\s*\};\n$/;

/** Throws when the source uses what CloudFront's runtime does not have, or exports anything but `handler`. */
export const buildViewerRequest = (path: string = entry): string => {
  const { outputFiles } = buildSync({
    entryPoints: [path],
    bundle: true,
    write: false,
    format: "esm",
    target: "es5",
    supported: beyondEs5,
    charset: "ascii",
    legalComments: "none",
    logLevel: "silent",
  });
  const module = outputFiles.map(({ text }) => text).join("");
  if (!exportOfHandler.test(module)) throw new Error(`${path} must export its handler and nothing else`);
  return module.replace(exportOfHandler, "\n");
};
