/** One source of packages as apt knows it. */
export interface AptSource {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** File with the keys that sign it; null: apt's own. */
  readonly keyring: string | null;
  /** apt takes its packages without a signature. */
  readonly trusted: boolean;
}

/** Reads a one-line list (sources.list, *.list; man 5 sources.list). */
export function parseOneLine(text: string): AptSource[] {
  return text.split("\n").flatMap((line) => {
    const match = /^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line.trim());
    if (match === null) return [];
    const [, options = "", uri = "", suite = "", components = ""] = match;
    const option = (name: string) => new RegExp(`(?:^|\\s)${name}=(\\S+)`).exec(options)?.[1];
    return [
      {
        uri: withoutSlash(uri),
        suites: [suite],
        components: words(components),
        keyring: asPath(option("signed-by")),
        trusted: option("trusted") === "yes",
      },
    ];
  });
}

/** Reads the paragraphs of a deb822 file (*.sources; man 5 sources.list). */
export function parseDeb822(text: string): AptSource[] {
  return text.split(/\n\s*\n/).flatMap((paragraph) => {
    const fields = parseFields(paragraph);
    const field = (name: string) => fields.get(name) ?? "";
    if (!words(field("types")).includes("deb") || field("enabled").trim().toLowerCase() === "no") return [];
    const common = {
      suites: words(field("suites")),
      components: words(field("components")),
      keyring: asPath(field("signed-by").trim()),
      trusted: field("trusted").trim().toLowerCase() === "yes",
    };
    return words(field("uris")).map((uri) => ({ uri: withoutSlash(uri), ...common }));
  });
}

function parseFields(paragraph: string): Map<string, string> {
  const fields = new Map<string, string>();
  let name = "";
  for (const line of paragraph.split("\n")) {
    if (line.startsWith("#")) continue;
    const match = /^([\w-]+):(.*)$/.exec(line);
    if (match !== null) name = (match[1] ?? "").toLowerCase();
    fields.set(name, `${fields.get(name) ?? ""} ${match?.[2] ?? line}`);
  }
  return fields;
}

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== "");
const withoutSlash = (uri: string): string => uri.replace(/\/+$/, "");
const asPath = (value: string | undefined): string | null => (value?.startsWith("/") ? value : null);

/** Where a release of Debian comes from, in the words of the machine's own apt. */
export interface Mirror {
  readonly archive: AptSource;
  /** null: the machine has no source of security updates. */
  readonly security: AptSource | null;
  /** The archive's `-updates` suite is in use. */
  readonly updates: boolean;
}

const releases = [
  "stable",
  "oldstable",
  "testing",
  "unstable",
  "sid",
  "bullseye",
  "bookworm",
  "trixie",
  "forky",
  "duke",
];

/** The machine's own mirror of Debian's archive, or a line that says why there is none. Other vendors' sources are passed over. */
export function chooseMirror(sources: readonly AptSource[]): Mirror | string {
  const usable = sources.filter((source) => /^https?:\/\//.test(source.uri) && source.components.includes("main"));
  const archive = usable.find((source) => source.suites.some((suite) => releases.includes(suite)));
  if (archive === undefined) return "the machine's apt sources name no mirror of Debian";
  if (new URL(archive.uri).username !== "")
    return "the mirror in the machine's apt sources has a password in its address";
  const isSecurity = (suite: string) => releases.some((release) => suite === `${release}-security`);
  const isUpdates = (suite: string) => releases.some((release) => suite === `${release}-updates`);
  const updates = usable.some((source) => source.uri === archive.uri && source.suites.some(isUpdates));
  return { archive, security: usable.find((source) => source.suites.some(isSecurity)) ?? null, updates };
}

/** A `sources.list` for `suite` from the mirror. */
export function writeSourcesList({ archive, security, updates }: Mirror, suite: string): string {
  const line = ({ uri, trusted }: AptSource, name: string) =>
    `deb ${trusted ? "[trusted=yes] " : ""}${uri} ${name} main\n`;
  const parts = [line(archive, suite), updates ? line(archive, `${suite}-updates`) : ""];
  return [...parts, security === null ? "" : line(security, `${suite}-security`)].join("");
}
