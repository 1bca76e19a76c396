import { expect, it } from "vitest";
import type { ApiError } from "../../contracts/models.ts";
import { faultsOf, isToldAt, jobInTheWay, unknownWords } from "./faults.ts";

const refusal = (details: Record<string, unknown> | undefined, more: Partial<ApiError> = {}): ApiError => ({
  code: "bad_request",
  message: "slug: it is taken",
  ...(details && { details }),
  ...more,
});

it.each<[string, ApiError | null, Record<string, string>]>([
  ["one field", refusal({ field: "slug" }), { slug: "It is taken." }],
  [
    "one field with guidance",
    refusal({ field: "slug" }, { guidance: ["Choose another."] }),
    { slug: "It is taken. Choose another." },
  ],
  [
    "several fields",
    refusal({
      field: "slug",
      issues: [
        { field: "slug", message: "must begin with a letter" },
        { field: "name", message: "name: must be one line" },
      ],
    }),
    { slug: "Must begin with a letter.", name: "Must be one line." },
  ],
  ["no field", refusal({ job_id: "1" }), {}],
  ["nothing more", refusal(undefined), {}],
  ["what nobody knows", refusal({ field: 7, issues: "many" }), {}],
  ["no refusal", null, {}],
])("a refusal that names %s stands at it", (_, error, expected) => {
  expect(faultsOf(error)).toEqual(expected);
});

it.each([
  [refusal({ job_id: "0190" }), "0190"],
  [refusal({ job_id: null }), null],
  [refusal(undefined), null],
  [null, null],
])("finds the job in the way", (error, expected) => {
  expect(jobInTheWay(error)).toBe(expected);
});

it.each([
  [refusal({ field: "slug" }), ["name", "slug"], true],
  [refusal({ field: "slug" }), ["name"], false],
  [refusal(undefined), ["slug"], false],
  [null, ["slug"], false],
])("%j is told at %j: %s", (error, fields, expected) => {
  expect(isToldAt(error, fields)).toBe(expected);
});

it("says of what may have happened to send it again only where that does it once", () => {
  expect(unknownWords("it was ordered", true)).toEqual({
    title: "It is not known whether it was ordered.",
    ways: [expect.stringMatching(/send it again as it is.*once/)],
  });
  expect(unknownWords("it was done", false).ways.join(" ")).not.toMatch(/send/);
});
