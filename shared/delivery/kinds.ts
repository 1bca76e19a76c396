/** What the files of the dashboard are, and for how long a browser may keep them. */
import { ASSETS } from "./address.ts";

/** Files that are stored, and served, in one way. */
export interface FileKind {
  /** Below which all of them are. */
  readonly folder: typeof ASSETS | "/";
  readonly ending: string;
  /** Said, not guessed: S3 would know neither fonts nor YAML. */
  readonly contentType: string;
  readonly cacheControl: string;
  /**
   * CloudFront compresses on its way: it has a list of types that YAML is not on, and fonts are compressed already.
   * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ServingCompressedFiles.html
   */
  readonly isCompressed: boolean;
}

/** What CloudFront compresses at all. */
export const compressedBytes = { min: 1_000, max: 10_000_000 } as const;

/** Names with a hash of their content never mean anything else. */
const forEver = { folder: ASSETS, cacheControl: "public, max-age=31536000, immutable" } as const;
const askAgain = { folder: "/", cacheControl: "no-cache" } as const;

/** In the order in which a deployment stores them: a page comes after what it loads. */
export const kinds: readonly FileKind[] = [
  { ...forEver, ending: ".js", contentType: "text/javascript; charset=utf-8", isCompressed: true },
  { ...forEver, ending: ".css", contentType: "text/css; charset=utf-8", isCompressed: true },
  { ...forEver, ending: ".woff2", contentType: "font/woff2", isCompressed: false },
  { ...askAgain, ending: ".svg", contentType: "image/svg+xml", isCompressed: true },
  { ...askAgain, ending: ".yaml", contentType: "application/yaml", isCompressed: false },
  { ...askAgain, ending: ".html", contentType: "text/html; charset=utf-8", isCompressed: true },
];

/** Undefined: no file of the dashboard is of this kind, and a deployment would leave it out. */
export const findKind = (address: string): FileKind | undefined => {
  const folder = address.startsWith(ASSETS) ? ASSETS : "/";
  return kinds.find((kind) => kind.folder === folder && address.endsWith(kind.ending));
};
