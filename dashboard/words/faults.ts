/** Which field of a form a refusal is about, and which other thing. */
import * as z from "zod";
import type { ApiError } from "../../contracts/models.ts";

const issue = z.object({ field: z.string(), message: z.string() });
const details = z.object({
  field: z.string().optional().catch(undefined),
  issues: z.array(issue).optional().catch(undefined),
  job_id: z.string().nullable().optional().catch(undefined),
});

const detailsOf = ({ details: told }: ApiError) => details.safeParse(told).data ?? {};

/** "slug: it is taken" stands at the field "slug" already. */
const without = (field: string, message: string): string =>
  message.startsWith(`${field}: `) ? message.slice(field.length + 2) : message;

const sentence = (text: string): string =>
  text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");

/** What is wrong, for each field that the API names, in its own words. */
export const faultsOf = (error: ApiError | null): Readonly<Record<string, string>> => {
  if (error === null) return {};
  const { field, issues = [] } = detailsOf(error);
  const each = issues.map((one): [string, string] => [one.field, sentence(without(one.field, one.message))]);
  if (each.length > 0) return Object.fromEntries(each);
  if (field === undefined) return {};
  return { [field]: [sentence(without(field, error.message)), ...(error.guidance ?? [])].join(" ") };
};

/** Is all that it says said at one of these fields? */
export const isToldAt = (error: ApiError | null, fields: readonly string[]): boolean =>
  Object.keys(faultsOf(error)).some((field) => fields.includes(field));

/** What is said of a write of which nobody knows whether it happened. */
export interface Unknown {
  readonly title: string;
  /** What to do about it. */
  readonly ways: readonly string[];
}

/** `what`: "it was ordered". `isOnce`: it is sent under a key, so that the same again is the same request (for 24 hours). */
export const unknownWords = (what: string, isOnce: boolean): Unknown => ({
  title: `It is not known whether ${what}.`,
  ways: [
    isOnce
      ? "Look first, or send it again as it is: within 24 hours that is the same request, which does it once."
      : "Look before you ask again.",
  ],
});

/** The job that is in the way; null: the refusal names none. */
export const jobInTheWay = (error: ApiError | null): string | null =>
  (error === null ? null : detailsOf(error).job_id) ?? null;
