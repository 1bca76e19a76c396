import { describe, expect, it } from "vitest";
import * as z from "zod";
import { readNewer } from "./reading.ts";

const inner = z.strictObject({ at: z.string() });
const item = z.strictObject({ id: z.string(), state: z.enum(["well", "ill"]), inner: inner.nullable() });
const schema = z.array(item);

const known = { id: "1", state: "well", inner: { at: "here" } };

describe("an answer of a newer API", () => {
  it("is read without what was added to it, wherever that is", () => {
    const body = [
      { ...known, colour: "red" },
      { ...known, inner: { at: "there", depth: { metres: 4 } } },
    ];
    expect(readNewer(schema, body).data).toEqual([known, { ...known, inner: { at: "there" } }]);
    expect(body[0]).toHaveProperty("colour");
  });

  it.each([
    ["a field that is missing", [{ id: "1", state: "well" }]],
    ["a field of another kind", [{ ...known, id: 1 }]],
    ["a word that nobody here knows", [{ ...known, state: "lost", colour: "red" }]],
    ["something else", "a page of a gateway"],
    ["nothing", undefined],
  ])("is refused for %s", (_, body) => {
    expect(readNewer(schema, body).success).toBe(false);
  });
});

it("an answer that is known is read as it is", () => {
  expect(readNewer(schema, [known]).data).toEqual([known]);
});
