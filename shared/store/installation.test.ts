import { expect, it } from "vitest";
import { findInstallation, getInstallation } from "./installation.ts";
import { makeMemoryTable } from "./memory-table.ts";

const makeIds = () => {
  let count = 0;
  return () => `0190a5d0-0000-7000-8000-${String(++count).padStart(12, "0")}`;
};

it("an installation has one id for ever", async () => {
  const [table, makeId] = [makeMemoryTable(), makeIds()];
  expect(await findInstallation(table)).toBeUndefined();
  const id = await getInstallation(table, makeId);
  expect(await getInstallation(table, makeId)).toBe(id);
  expect(await findInstallation(table)).toBe(id);
});

it("of two first calls both are told the winner's id", async () => {
  const [table, makeId] = [makeMemoryTable(), makeIds()];
  const ids = await Promise.all([1, 2, 3].map(() => getInstallation(table, makeId)));
  expect(new Set(ids).size).toBe(1);
  expect(table.dump()).toHaveLength(1);
});
