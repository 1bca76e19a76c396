import { expect, it } from "vitest";
import { belongTo, forget, remember, started } from "./started.ts";

it("tells of what was asked for, once, and to nobody else", () => {
  belongTo("one@example.com");
  for (const id of ["a", "b", "a"]) remember(id);
  forget("b");
  belongTo("one@example.com");
  expect(started()).toEqual(["a"]);
  belongTo("other@example.com");
  expect(started()).toEqual([]);
});
