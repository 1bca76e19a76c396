import { describe, expect, it } from "vitest";
import { bans } from "./bans.ts";

/** One snippet that each rule must find, and one like it that it must leave alone. */
const snippets: Readonly<Record<string, { path: string; bad: readonly string[]; good: readonly string[] }>> = {
  "process.env": {
    path: "functions/nodes/handlers.ts",
    bad: ["const { A } = process.env;", "process .env.A", "f(process.env)"],
    good: ["// process.env is read elsewhere", 'const text = "process.env";', "process.exit(1)"],
  },
  "the wall clock": {
    path: "shared/store/jobs.ts",
    bad: [
      "const now = Date.now();",
      "const now = Date.now;",
      "new Date().getTime()",
      "new Date( )",
      "performance.now()",
    ],
    good: ["new Date(ms).toISOString()", "/* Date.now() */", "clock.now()"],
  },
  console: {
    path: "functions/nodes/handlers.ts",
    bad: ["console.log(1)", "console.error(error)"],
    good: ['const where = "console.hetzner.com";', "// console.log(1)", "log.info('x')"],
  },
  "as any": {
    path: "local/main.ts",
    bad: ["const x = y as any;", "const x = <any>y;"],
    good: ['"as any other"', "as anything", "// as any"],
  },
  "JSON.parse(...) as": {
    path: "functions/http/testing.ts",
    bad: ["JSON.parse(text) as Job", "JSON.parse(read(path(x))) as Job", "JSON.parse(\n  text,\n) as Job"],
    good: ["schema.parse(JSON.parse(text))", "const x: unknown = JSON.parse(text);"],
  },
  "a module mock": {
    path: "shared/vault.test.ts",
    bad: ['vi.mock("./a.ts");', "vi.hoisted(() => 1)", 'vi.stubGlobal("fetch", f)'],
    good: ["vi.fn()", "// vi.mock"],
  },
  "a note to self": {
    path: "docs/architecture.md",
    bad: ["// TODO later", "FIXME: this", "XXX"],
    good: ["todo-list", "METHODOLOGY", "a hack"],
  },
  "async in the domain": {
    path: "shared/domain/plans/start.ts",
    bad: ["const f = async () => 1;", "await x", "const x: Promise<string> = y", "Math.random()"],
    good: ["// never async", 'const x = "await";'],
  },
  'import { z } from "zod"': {
    path: "contracts/models.ts",
    bad: [
      'import { z } from "zod";',
      'import type { z } from "zod";',
      'import z from "zod";',
      'import { z } from "zod/mini";',
    ],
    good: ['import * as z from "zod";', 'import type * as z from "zod";', 'import * as z from "zod/mini";'],
  },
  "ssh2 by name": {
    path: "local/stand-ins/sshd.ts",
    bad: ['import { Server } from "ssh2";', 'import * as ssh2 from "ssh2";'],
    good: [
      'import ssh2 from "ssh2";',
      'import ssh2, { type Connection } from "ssh2";',
      'import type { Server } from "ssh2";',
    ],
  },
  "a path of one machine": {
    path: "docs/testing.md",
    bad: ["cd /mnt/main", '"/home/ada/pressluft"', "file:///Users/ada/x"],
    good: ["functions/worker/batch.ts", "~/src/main", "/api/nodes", "https://example.org/work"],
  },
};

it("has a snippet for every rule", () => {
  expect(Object.keys(snippets).sort()).toEqual(bans.map(({ name }) => name).sort());
});

describe.each(bans)("the rule about $name", ({ name, holdsFor, find }) => {
  const { path = "", bad = [], good = [] } = snippets[name] ?? {};

  it("holds where it matters", () => {
    expect(holdsFor(path)).toBe(true);
  });

  it.each(bad)("finds %j on its line", (snippet) => {
    expect(find(snippet)).not.toEqual([]);
  });

  it.each(good)("leaves %j alone", (snippet) => {
    expect(find(snippet)).toEqual([]);
  });
});

it.each([
  ["process.env", "shared/config.ts"],
  ["process.env", "scripts/operator.ts"],
  ["process.env", "shared/config.test.ts"],
  ["the wall clock", "shared/hetzner/clock.ts"],
  ["the wall clock", "functions/http/deps.ts"],
  ["console", "local/main.ts"],
  ["console", "docs/error-codes.md"],
])("%s may stand in %s", (rule, path) => {
  expect(bans.find(({ name }) => name === rule)?.holdsFor(path)).toBe(false);
});
