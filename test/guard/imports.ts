/** Which way imports point. A folder sees itself and what is named for it here; everything else is refused. */
import { posix } from "node:path";
import { isTestCode } from "../../scripts/readiness/files.ts";
import { importsOf } from "./source.ts";

interface Zone {
  /** A folder (ends in `/`) or a file. The first that fits a path is its zone. */
  readonly at: string;
  /** What it is made of, where that is not all that lies there. */
  readonly own?: readonly string[];
  /** Folders and files of this repository that it may import, beside itself. */
  readonly sees: readonly string[];
  /** Packages; `node:` stands for Node's own, absent for any. */
  readonly packages?: readonly string[];
  /** What its tests may import in addition, beside the stand-ins for the outside. */
  readonly testsSee?: readonly string[];
}

const pieces = ["shared/config.ts", "shared/log.ts", "shared/queue.ts", "shared/vault.ts", "shared/ids.ts"];
/** The bucket is the worker's alone. */
const artifacts = "shared/artifacts.ts";
const backend = ["contracts/", ...pieces, "shared/domain/", "shared/store/"];
const callsOut = [...backend, "shared/hetzner/", "shared/node/"];

export const zones: readonly Zone[] = [
  { at: "contracts/", sees: [], packages: ["zod"], testsSee: ["scripts/"] },
  { at: "shared/domain/", sees: ["contracts/"], packages: ["zod"] },
  { at: "shared/hetzner/", sees: [], packages: ["zod/mini", "node:"] },
  { at: "shared/node/", sees: ["contracts/", "shared/domain/", "shared/log.ts"], packages: ["zod", "ssh2", "node:"] },
  {
    at: "shared/store/",
    sees: ["contracts/", "shared/domain/", "shared/vault.ts"],
    packages: ["zod", "node:", "@aws-sdk/client-dynamodb", "@aws-sdk/lib-dynamodb", "@aws-sdk/util-dynamodb"],
  },
  // It runs inside CloudFront, where there is nothing to import from.
  { at: "shared/delivery/", sees: [], packages: [] },
  { at: "shared/", own: [...pieces, artifacts], sees: ["contracts/", "shared/domain/backup.ts"] },
  { at: "functions/http/", sees: backend, testsSee: ["functions/auth/"] },
  { at: "functions/auth/", sees: [...backend, "functions/http/"] },
  { at: "functions/providers/", sees: [...callsOut, "functions/http/"] },
  { at: "functions/nodes/", sees: [...backend, "functions/http/"] },
  { at: "functions/node-check/", sees: [...backend, "shared/node/", "functions/http/"] },
  {
    at: "functions/node-watch/",
    sees: [...backend, "shared/node/", "functions/http/deps.ts", "functions/node-check/"],
  },
  { at: "functions/sites/", sees: [...backend, "functions/http/"] },
  { at: "functions/jobs/", sees: [...backend, "functions/http/"] },
  { at: "functions/worker/", sees: [...callsOut, artifacts, "functions/http/deps.ts"] },
  {
    at: "functions/sweeper/",
    sees: [...callsOut, "functions/http/deps.ts", "functions/worker/", "functions/providers/"],
  },
  {
    at: "infra/",
    // How long backups are kept, and under which name, is the domain's. The dashboard is built for it, but not looked into.
    sees: ["contracts/", "shared/config.ts", "shared/domain/backup.ts", "shared/delivery/", "dashboard/build.ts"],
    testsSee: ["shared/store/keys.ts"],
  },
  { at: "dashboard/", sees: ["contracts/"] },
  { at: "local/hetzner/", sees: ["shared/hetzner/"] },
  { at: "local/", sees: ["contracts/", "shared/", "local/", "scripts/operator.ts", "dashboard/build.ts"] },
  // A plain HTTP client: it must run against a deployment that is not this checkout's.
  { at: "scripts/smoke/", sees: ["contracts/"], packages: ["zod", "node:"] },
  { at: "scripts/", sees: [...backend, "shared/hetzner/", "functions/auth/"], testsSee: ["functions/"] },
  { at: "test/", sees: ["contracts/", "shared/", "functions/", "infra/", "local/", "scripts/", "dashboard/"] },
];

/** Stand-ins for the outside that any test may use. */
const standIns = [
  "test/harness/",
  "local/hetzner/",
  "local/stand-ins/",
  "functions/http/testing.ts",
  "shared/artifacts-memory.ts",
  "shared/hetzner/",
];

/** Packages with one home, whoever else might like them. */
const homes: Readonly<Record<string, string>> = { "@middy/core": "functions/http/", ssh2: "shared/node/" };

const isIn = (place: string, path: string): boolean => (place.endsWith("/") ? path.startsWith(place) : path === place);
const zoneOf = (path: string): Zone | undefined => zones.find(({ at }) => isIn(at, path));

const judgePackage = (path: string, zone: Zone, name: string): string | undefined => {
  if (isTestCode(path)) return undefined;
  const home = homes[name];
  if (home !== undefined && !path.startsWith(home) && !path.startsWith("local/")) return `${name} belongs to ${home}`;
  const allowed = zone.packages?.some((one) => one === name || (one === "node:" && name.startsWith("node:"))) ?? true;
  return allowed ? undefined : `${zone.at} may import only the packages ${zone.packages?.join(", ")}`;
};

const judgePath = (path: string, zone: Zone, target: string): string | undefined => {
  if (!isTestCode(path) && isTestCode(target)) return "product code imports what is for tests";
  const forTests = isTestCode(path) ? [zone.at, ...standIns, ...(zone.testsSee ?? [])] : [];
  const allowed = [...(zone.own ?? [zone.at]), ...zone.sees, ...forTests];
  if (allowed.some((place) => isIn(place, target))) return undefined;
  return `${zone.at} may import only ${zone.sees.join(", ") || "itself"}`;
};

const typesOnly: ReadonlySet<string> = new Set(["aws-lambda"]);

/** What is wrong with a file's imports: one sentence each. */
export const judgeImports = (path: string, text: string): string[] => {
  const zone = zoneOf(path);
  return importsOf(text).flatMap(({ from, clause }) => {
    const isPath = from.startsWith(".");
    if (!isPath && typesOnly.has(from) && !clause.startsWith("import type")) return [`${from} has types alone`];
    if (zone === undefined) return [];
    const target = posix.join(posix.dirname(path), from);
    const fault = isPath ? judgePath(path, zone, target) : judgePackage(path, zone, from);
    return fault === undefined ? [] : [`${from}: ${fault}`];
  });
};
