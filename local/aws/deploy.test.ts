import { describe, expect, it } from "vitest";
import { mergeOutputs } from "./deploy.ts";

describe("mergeOutputs", () => {
  it("makes one record of all stacks' outputs", () => {
    expect(mergeOutputs({ data: { TableName: "t" }, service: { ApiId: "a", QueueUrl: "q" } })).toEqual({
      TableName: "t",
      ApiId: "a",
      QueueUrl: "q",
    });
  });

  it("accepts one value given twice and refuses two values of one name", () => {
    expect(mergeOutputs({ one: { Url: "u" }, two: { Url: "u" } })).toEqual({ Url: "u" });
    expect(() => mergeOutputs({ one: { Url: "u" }, two: { Url: "v" } })).toThrow("Two stacks have an output named Url");
  });
});
