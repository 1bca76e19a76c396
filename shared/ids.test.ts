import { expect, it } from "vitest";
import { newId } from "./ids.ts";

const nowMs = Date.UTC(2026, 10, 22, 12);

it("an id is a UUID of version 7 that says when it was made", () => {
  const id = newId(nowMs);
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16)).toBe(nowMs);
});

it("ids sort by the time they were made, and none is made twice", () => {
  const ids = Array.from({ length: 1000 }, (_, n) => newId(nowMs + n));
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(Array.from({ length: 1000 }, () => newId(nowMs))).size).toBe(1000);
});
