/** Which pages of the dashboard can be come to by links, read from its sources. */
import { posix } from "node:path";
import { importsOf } from "./source.ts";

/** A source by its path in the repository; undefined when there is none. */
export type ReadSource = (path: string) => string | undefined;

const app = "dashboard/app.tsx";
/** On the screen around every page. */
const frame = "dashboard/shell.tsx";

export interface RouteSource {
  readonly path: string;
  /** The file of the page. */
  readonly file: string;
}

const resolveFrom = (path: string, from: string): string => posix.join(posix.dirname(path), from);

/** What stands between `<Router>` and its end. */
export const routesOf = (read: ReadSource): RouteSource[] => {
  const text = read(app) ?? "";
  const files = importsOf(text).filter(({ from }) => from.startsWith("."));
  return [...text.matchAll(/<Route path="([^"]+)" component=\{(\w+)\} \/>/g)].map(([, path = "", component = ""]) => {
    const home = files.find(({ clause }) => new RegExp(String.raw`\b${component}\b`).test(clause));
    return { path, file: home === undefined ? app : resolveFrom(app, home.from) };
  });
};

/** Addresses that a source leads to: `/nodes/:` for an address with a value in it. */
export const linksOf = (text: string): string[] => {
  const found = [
    ...text.matchAll(/\bhref[=:]\s*\{?\s*["`](\/[^"`]*)["`]/g),
    ...text.matchAll(/\blist="(\/[^"]*)"/g),
    ...text.matchAll(/\bnavigate\(\s*["`](\/[^"`]*)["`]/g),
  ];
  return found.map(([, address = ""]) => address.replaceAll(/\$\{[^}]*\}/g, ":").replace(/[?#].*$/, ""));
};

/** A file and all of the dashboard that it is made of. */
const madeOf = (read: ReadSource, from: string): string[] => {
  const seen = new Set<string>();
  const visit = (path: string): void => {
    const text = read(path);
    if (seen.has(path) || text === undefined) return;
    seen.add(path);
    for (const { from: target } of importsOf(text)) if (target.startsWith(".")) visit(resolveFrom(path, target));
  };
  visit(from);
  return [...seen];
};

const fits = (route: string, address: string): boolean => {
  const [wanted, given] = [route.split("/"), address.split("/")];
  const isSame = (part: string, index: number) => (part.startsWith(":") ? given[index] === ":" : part === given[index]);
  return wanted.length === given.length && wanted.every(isSame);
};

/** Paths of the routes that a reader comes to from `/` by links alone. */
export const reachable = (read: ReadSource): Set<string> => {
  const routes = routesOf(read);
  const leadsTo = (file: string) =>
    madeOf(read, file)
      .filter((path) => path !== app)
      .flatMap((path) => linksOf(read(path) ?? ""));
  const reached = new Set<string>();
  const visit = ({ path, file }: RouteSource): void => {
    if (reached.has(path)) return;
    reached.add(path);
    const addresses = [...leadsTo(frame), ...leadsTo(file)];
    for (const next of routes) if (addresses.some((address) => fits(next.path, address))) visit(next);
  };
  for (const route of routes) if (route.path === "/") visit(route);
  return reached;
};
