/** The built dashboard as the CDK takes it. */
import { readdirSync } from "node:fs";
import { type ISource, Source } from "aws-cdk-lib/aws-s3-deployment";
import { buildDashboard } from "../dashboard/build.ts";
import { findKind } from "../shared/delivery/kinds.ts";

/** Throws when a file is of no kind that is uploaded: it would be missing on AWS alone. */
export const assertKinds = (folder: string): void => {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => `${parentPath}/${name}`);
  const strange = files.map((path) => path.slice(folder.length)).filter((address) => findKind(address) === undefined);
  if (strange.length > 0) throw new Error(`shared/delivery/kinds.ts does not know ${strange.join(", ")}`);
};

/** Builds the dashboard into `outDir`. */
export const builtDashboard = async (outDir: string): Promise<ISource> => {
  await buildDashboard(outDir);
  assertKinds(outDir);
  return Source.asset(outDir);
};

/** Stands in for it where only the template matters, as in tests. */
export const placeholderDashboard = (): ISource => Source.data("index.html", "<!doctype html><title>Pressluft</title>");
