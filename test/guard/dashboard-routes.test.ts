import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { linksOf, type ReadSource, reachable, routesOf } from "./dashboard-routes.ts";

const root = resolve(import.meta.dirname, "../..");
const read: ReadSource = (path) => {
  const file = resolve(root, path);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
};

/** The log-in stands in front of every address while nobody is logged in, and the rest is for addresses that lead nowhere. */
const notLinked = ["/login", "*"];

describe("the dashboard's routes", () => {
  it("are those that operators were promised", () => {
    const promised = [
      "/",
      "/providers",
      "/nodes",
      "/nodes/:id",
      "/sites",
      "/sites/:id",
      "/jobs",
      "/jobs/:id",
      "/settings/tokens",
    ];
    expect(routesOf(read).map(({ path }) => path)).toEqual(expect.arrayContaining(promised));
  });

  it("each have a page of their own", () => {
    for (const { file } of routesOf(read)) expect(file).toMatch(/^dashboard\/(pages\/[\w-]+|app)\.tsx$/);
  });

  it("can each be come to by links from the overview", () => {
    const paths = routesOf(read).map(({ path }) => path);
    expect(paths.filter((path) => !notLinked.includes(path) && !reachable(read).has(path))).toEqual([]);
  });

  it("are where the links lead", () => {
    const isThere = (address: string) =>
      routesOf(read).some(({ path }) => {
        const pattern = path.split("/").map((part) => (part.startsWith(":") ? "[^/]+" : part.replace("*", "\0")));
        return new RegExp(`^${pattern.join("/")}$`).test(address);
      });
    const pages = routesOf(read).map(({ file }) => file);
    const addresses = [...pages, "dashboard/shell.tsx"].flatMap((file) => linksOf(read(file) ?? ""));
    expect(addresses.filter((address) => !isThere(address) && !address.startsWith("/docs/"))).toEqual([]);
  });
});

/** An address with a value in it, as a source has it. */
const lostOf = (value: string) => ["`/lost/$", "{", value, "}`"].join("");

describe("a route that no link leads to", () => {
  const small = (link: string): ReadSource => {
    const files: Readonly<Record<string, string>> = {
      "dashboard/app.tsx": `import { Home } from "./pages/home.tsx";
import { Lost } from "./pages/lost.tsx";
<Route path="/" component={Home} />
<Route path="/lost/:id" component={Lost} />`,
      "dashboard/shell.tsx": "",
      "dashboard/pages/home.tsx": 'import { Row } from "../parts/row.tsx";',
      "dashboard/parts/row.tsx": link,
      "dashboard/pages/lost.tsx": `<A href={${lostOf("id")}}>`,
    };
    return (path) => files[path];
  };

  it.each([
    [`<A href={${lostOf("id")}}>`, true],
    [`navigate(${lostOf("job_id")})`, true],
    ['<A href="/lost/new">', false],
    ['<A href="/other">', false],
    ["", false],
  ])("with %s in a part of the overview it is reachable: %s", (link, expected) => {
    expect(reachable(small(link)).has("/lost/:id")).toBe(expected);
  });
});
