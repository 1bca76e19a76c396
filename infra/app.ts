/**
 * What `cdk` runs: `cdk synth -c stage=dev`, or `-c stage=local` with what `stages.ts` wants to know of a machine. Most of the
 * time goes into CDK's own check of the templates: `CDK_VALIDATION=false` leaves it out.
 */
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { bundledCode, placeholderCode } from "./bundling.ts";
import { builtDashboard, placeholderDashboard } from "./dashboard-files.ts";
import { buildStacks } from "./stacks.ts";
import { readStage } from "./stages.ts";

const app = new App({ analyticsReporting: false, treeMetadata: false });
const contextOf = (name: string): unknown => app.node.tryGetContext(name);
const stage = readStage(contextOf);
// `-c bundle=false`: the template alone, in a moment.
const isBundled = contextOf("bundle") !== "false";
const code = isBundled ? bundledCode(join(app.outdir, "bundles")) : placeholderCode;
const dashboard = () => (isBundled ? builtDashboard(join(app.outdir, "dashboard")) : placeholderDashboard());
buildStacks(app, { stage, code, dashboard: stage.hasCloudFront ? await dashboard() : undefined });
app.synth();
