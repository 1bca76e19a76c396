import * as z from "zod/mini";
import { type HetznerErrorDetails, noDetails } from "./errors.ts";
import type { Answer } from "./request.ts";
import { errorCode, errorText, UNREADABLE_CODE } from "./schemas/common.ts";
import { scrub } from "./scrub.ts";

/** `{"error": {code, message, details}}`, as far as it could be read. */
export interface ErrorBody {
  /** Null for none and for what is no word of the API. */
  readonly code: string | null;
  /** Something else than a word of the API stands in the code's place. */
  readonly isCodeUnreadable: boolean;
  readonly text: string | null;
  readonly details: HetznerErrorDetails;
}

// Every part is read on its own: odd details must not cost the code.
const bodySchema = z.object({
  error: z.object({
    code: errorCode,
    message: errorText,
    details: z.optional(z.unknown()),
  }),
});

const fieldSchema = z.object({ name: z.string(), messages: z.catch(z.array(z.string()), []) });
const detailsSchema = z.object({
  fields: z.catch(z.array(fieldSchema), []),
  limits: z.catch(z.array(z.object({ name: z.string() })), []),
  announcement: z.catch(z.nullable(z.url()), null),
});

/** Longest text taken over from Hetzner, and most entries of a list in `details`. */
const TEXT_MAX = 300;
const LIST_MAX = 20;

/** Null unless it is JSON by name and by content, in Hetzner's form, with a code or a message. */
export function readErrorBody(answer: Answer, token: string): ErrorBody | null {
  if (!answer.headers.get("content-type")?.startsWith("application/json")) return null;
  const parsed = bodySchema.safeParse(parseJson(answer.text));
  if (!parsed.success) return null;
  const { code: raw, message, details } = parsed.data.error;
  if ((raw === "" || raw === UNREADABLE_CODE) && message === "") return null;
  const code = readCode(raw, token);
  const text = cleanText(message, token) || null;
  return { code, isCodeUnreadable: raw !== "" && code === null, text, details: readDetails(details, token) };
}

/** Undefined for what is not JSON, which no schema here accepts. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A code is a word of the API; anything else in its place is not repeated. */
export function readCode(code: string, token?: string): string | null {
  return /^[a-z][a-z0-9_]{0,63}$/.test(code) && scrub(code, token) === code ? code : null;
}

function readDetails(raw: unknown, token: string): HetznerErrorDetails {
  const parsed = detailsSchema.safeParse(raw);
  if (!parsed.success) return noDetails;
  const { fields, limits, announcement } = parsed.data;
  return {
    fields: fields.slice(0, LIST_MAX).map(({ name, messages }) => ({
      name: cleanText(name, token),
      messages: messages.slice(0, LIST_MAX).map((message) => cleanText(message, token)),
    })),
    limits: limits.slice(0, LIST_MAX).map(({ name }) => cleanText(name, token)),
    announcement: announcement === null ? null : cleanText(announcement, token),
  };
}

/** Fit for one line of a log: scrubbed first, so that cutting cannot hide a secret's end. */
export function cleanText(text: string, token?: string): string {
  return scrub(text, token)
    .replace(/\p{Cc}+/gu, " ")
    .slice(0, TEXT_MAX);
}
