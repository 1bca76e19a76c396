import { describe, expect, it } from "vitest";
import { chooseMirror, parseDeb822, parseOneLine, writeSourcesList } from "./apt-sources.ts";

const deb822 = `# a comment
Types: deb
# http://snapshot.example.org/archive
URIs: http://mirror.example.org/debian/
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb deb-src
URIs: http://mirror.example.org/debian-security
Suites: bookworm-security
Components: main
 contrib

Types: deb
URIs: https://vendor.example.com/apt
Suites: stable
Components: main
Enabled: no

Types: deb-src
URIs: http://mirror.example.org/source
Suites: bookworm
Components: main
`;

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
const archive = {
  uri: "http://mirror.example.org/debian",
  suites: ["bookworm", "bookworm-updates"],
  components: ["main"],
  keyring,
  trusted: false,
};
const security = {
  uri: "http://mirror.example.org/debian-security",
  suites: ["bookworm-security"],
  components: ["main", "contrib"],
  keyring: null,
  trusted: false,
};

describe("parseDeb822", () => {
  it("reads enabled sources of packages, with comments and continued lines", () => {
    expect(parseDeb822(deb822)).toEqual([archive, security]);
  });

  it("reads a key that stands in the file itself as none we can name", () => {
    const text =
      "Types: deb\nURIs: http://a/debian\nSuites: sid\nComponents: main\nTrusted: yes\nSigned-By:\n -----BEGIN\n .\n x";
    expect(parseDeb822(text)).toEqual([
      { uri: "http://a/debian", suites: ["sid"], components: ["main"], keyring: null, trusted: true },
    ]);
  });
});

describe("parseOneLine", () => {
  it.each([
    ["deb http://a/debian bookworm main", { suites: ["bookworm"], keyring: null, trusted: false }],
    ["  deb   http://a/debian/   bookworm main # why", { suites: ["bookworm"] }],
    ["deb [arch=amd64 signed-by=/k.gpg] http://a/debian bookworm main", { keyring: "/k.gpg", trusted: false }],
    ["deb [trusted=yes] http://a/debian bookworm main", { keyring: null, trusted: true }],
  ])("%s", (line, expected) => {
    expect(parseOneLine(line)).toEqual([
      expect.objectContaining({ uri: "http://a/debian", components: ["main"], ...expected }),
    ]);
  });

  it.each(["# deb http://a/debian bookworm main", "deb-src http://a/debian bookworm main", "", "nonsense"])(
    "passes over %j",
    (line) => {
      expect(parseOneLine(line)).toEqual([]);
    },
  );
});

describe("chooseMirror", () => {
  it("finds archive, security and updates of the machine's own release", () => {
    expect(chooseMirror(parseDeb822(deb822))).toEqual({ archive, security, updates: true });
  });

  it("takes the archive of a machine with another release of Debian", () => {
    const sources = parseOneLine("deb http://a/debian trixie main");
    expect(chooseMirror(sources)).toMatchObject({
      archive: { uri: "http://a/debian" },
      security: null,
      updates: false,
    });
  });

  it.each([
    ["no source at all", ""],
    ["another distribution", "deb http://a/ubuntu noble main"],
    ["a vendor with the release's name and components of its own", "deb https://a/linux/debian bookworm stable"],
    ["a medium", "deb cdrom:[Debian]/ bookworm main"],
    ["security updates alone", "deb http://a/debian-security bookworm-security main"],
  ])("says that there is none: %s", (_case, text) => {
    expect(chooseMirror(parseOneLine(text))).toMatch(/no mirror/);
  });

  it("uses no address that brings a password, because commands would show it", () => {
    const answer = chooseMirror(parseOneLine("deb http://me:secret@a/debian bookworm main"));
    expect(answer).toMatch(/password/);
    expect(answer).not.toContain("secret");
  });
});

describe("writeSourcesList", () => {
  it("names the release of the image, not the machine's", () => {
    expect(writeSourcesList({ archive, security, updates: true }, "trixie")).toBe(
      "deb http://mirror.example.org/debian trixie main\n" +
        "deb http://mirror.example.org/debian trixie-updates main\n" +
        "deb http://mirror.example.org/debian-security trixie-security main\n",
    );
  });

  it("leaves out what the machine does not use, and trusts what it trusts", () => {
    const mirror = { archive: { ...archive, trusted: true }, security: null, updates: false };
    expect(writeSourcesList(mirror, "bookworm")).toBe(
      "deb [trusted=yes] http://mirror.example.org/debian bookworm main\n",
    );
  });
});
