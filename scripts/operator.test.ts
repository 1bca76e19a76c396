import { expect, it } from "vitest";
import { verifyPassword } from "../functions/auth/password.ts";
import { countLoginTry, findOperator, findSession, openSession } from "../shared/store/auth.ts";
import { makeMemoryTable } from "../shared/store/memory-table.ts";
import { createOperator, OperatorRefused, resetOperator } from "./operator.ts";

let fill = 0;
const deps = { nowMs: Date.UTC(2026, 9, 1, 8), random: (sizeBytes: number) => new Uint8Array(sizeBytes).fill(++fill) };
const email = "ada@example.org";

const storedHash = async (table: ReturnType<typeof makeMemoryTable>) => (await findOperator(table))?.passwordHash ?? "";

it("makes the operator with a long password that is stored as a hash alone", async () => {
  const table = makeMemoryTable();
  const made = await createOperator(table, { ...deps, email: " Ada@Example.org " });
  expect(made.email).toBe(email);
  expect(made.password).toMatch(/^[A-Za-z0-9_-]{24}$/);
  expect(JSON.stringify(table.dump())).not.toContain(made.password);
  expect(await verifyPassword(made.password, await storedHash(table))).toBe(true);
});

it("makes no second operator, and says how to get a new password", async () => {
  const table = makeMemoryTable();
  const { password } = await createOperator(table, { ...deps, email });
  await expect(createOperator(table, { ...deps, email: "eve@example.org" })).rejects.toThrow(/reset/);
  expect(await verifyPassword(password, await storedHash(table))).toBe(true);
});

it("gives a new password, ends every session, and lifts the lock", async () => {
  const table = makeMemoryTable();
  const old = await createOperator(table, { ...deps, email });
  const operator = await findOperator(table);
  if (operator === undefined) throw new Error("no operator");
  const session = await openSession(table, { token: "token", operator, nowMs: deps.nowMs });
  for (let tries = 0; tries < 6; tries += 1) await countLoginTry(table, email, deps.nowMs);

  const reset = await resetOperator(table, deps);

  expect(reset.email).toBe(email);
  expect(await verifyPassword(reset.password, await storedHash(table))).toBe(true);
  expect(await verifyPassword(old.password, await storedHash(table))).toBe(false);
  expect(await findSession(table, session.id, deps.nowMs)).toBeUndefined();
  expect(await countLoginTry(table, email, deps.nowMs)).toMatchObject({ allowed: true });
});

it("may change the e-mail with the password", async () => {
  const table = makeMemoryTable();
  await createOperator(table, { ...deps, email });
  await resetOperator(table, { ...deps, email: "grace@example.org" });
  expect((await findOperator(table))?.email).toBe("grace@example.org");
});

it("has nothing to reset before there is an operator", async () => {
  await expect(resetOperator(makeMemoryTable(), deps)).rejects.toThrow(/create/);
});

it.each(["", "ada", "ada@", "@example.org", `${"a".repeat(250)}@b.co`])("refuses %j as an e-mail", async (given) => {
  const table = makeMemoryTable();
  await expect(createOperator(table, { ...deps, email: given })).rejects.toThrow(OperatorRefused);
  expect(table.dump()).toEqual([]);
});
