/** Reads what the API says, which may be newer than this page: the contract only adds. */
import type * as z from "zod";

/** As `schema` says, but fields that it does not know are left out instead of refused. */
export const readNewer = <T>(schema: z.ZodType<T>, body: unknown): z.ZodSafeParseResult<T> => {
  const read = schema.safeParse(body);
  if (read.success) return read;
  const added = read.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys" ? [{ path: issue.path, keys: issue.keys }] : [],
  );
  if (added.length < read.error.issues.length) return read;
  const known: unknown = structuredClone(body);
  for (const { path, keys } of added) {
    const holder = path.reduce<unknown>((at, key) => (isHolder(at) ? Reflect.get(at, key) : undefined), known);
    for (const key of keys) if (isHolder(holder)) Reflect.deleteProperty(holder, key);
  }
  return schema.safeParse(known);
};

const isHolder = (value: unknown): value is object => typeof value === "object" && value !== null;
