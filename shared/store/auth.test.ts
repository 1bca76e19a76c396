import { describe, expect, it } from "vitest";
import {
  apiTokenValue,
  closeSession,
  countLoginTry,
  deleteApiToken,
  findApiToken,
  findOperator,
  findSession,
  forgetLoginTries,
  listApiTokens,
  openSession,
  putApiToken,
  putOperator,
} from "./auth.ts";
import { makeMemoryTable } from "./memory-table.ts";
import type { Table } from "./table.ts";

const nowMs = Date.UTC(2026, 9, 1, 8);
const hourMs = 3_600_000;
const email = "ada@example.org";

const makeOperator = async (table: Table) => {
  await putOperator(table, { before: undefined, email, passwordHash: "hash-1", nowMs });
  const operator = await findOperator(table);
  if (operator === undefined) throw new Error("no operator");
  return operator;
};

describe("the operator", () => {
  it("is made once", async () => {
    const table = makeMemoryTable();
    const operator = await makeOperator(table);
    expect(operator).toEqual({ email, passwordHash: "hash-1", generation: 1, createdAtMs: nowMs, updatedAtMs: nowMs });
    const second = { before: undefined, email: "eve@example.org", passwordHash: "hash-2", nowMs };
    expect(await putOperator(table, second)).toBe(false);
    expect(await findOperator(table)).toEqual(operator);
  });

  it("is reset by one of two who try at once", async () => {
    const table = makeMemoryTable();
    const before = await makeOperator(table);
    const reset = (passwordHash: string) => putOperator(table, { before, email, passwordHash, nowMs: nowMs + 1 });
    expect(await Promise.all([reset("hash-2"), reset("hash-3")])).toEqual([true, false]);
    expect(await findOperator(table)).toMatchObject({ passwordHash: "hash-2", generation: 2, createdAtMs: nowMs });
  });
});

describe("a session", () => {
  it("is found by its id until it expires", async () => {
    const table = makeMemoryTable();
    const session = await openSession(table, { token: "token", operator: await makeOperator(table), nowMs });
    expect(session).toMatchObject({ email, expiresAtMs: nowMs + 24 * hourMs });
    expect(await findSession(table, session.id, nowMs)).toEqual(session);
    expect(await findSession(table, session.id, nowMs + 24 * hourMs)).toBeUndefined();
    expect(await findSession(table, "token", nowMs)).toBeUndefined();
  });

  it("is gone when it is closed", async () => {
    const table = makeMemoryTable();
    const { id } = await openSession(table, { token: "token", operator: await makeOperator(table), nowMs });
    await closeSession(table, id);
    expect(await findSession(table, id, nowMs)).toBeUndefined();
  });

  it("does not outlive a reset, not even one opened by a log-in that the reset overtook", async () => {
    const table = makeMemoryTable();
    const before = await makeOperator(table);
    const early = await openSession(table, { token: "early", operator: before, nowMs });
    await putOperator(table, { before, email, passwordHash: "hash-2", nowMs });
    const late = await openSession(table, { token: "late", operator: before, nowMs });
    expect(await findSession(table, early.id, nowMs)).toBeUndefined();
    expect(await findSession(table, late.id, nowMs)).toBeUndefined();
  });

  it("is checked without reading the operator", async () => {
    const table = makeMemoryTable();
    const { id } = await openSession(table, { token: "token", operator: await makeOperator(table), nowMs });
    const read: string[] = [];
    const watched: Table = {
      ...table,
      get: (key) => {
        read.push(key.pk);
        return table.get(key);
      },
    };
    expect(await findSession(watched, id, nowMs)).toBeDefined();
    expect(read.every((pk) => pk.startsWith("SESSION#"))).toBe(true);
  });
});

describe("an API token", () => {
  const id = "01999f00-7a10-7c3e-8b1d-5d6f2a9c4e01";
  const value = apiTokenValue(id, "s".repeat(43));
  const token = { id, name: "ci", email, createdAtMs: nowMs, expiresAtMs: nowMs + hourMs };

  it("is found by its value until it expires, and stored without it", async () => {
    const table = makeMemoryTable();
    await putApiToken(table, { ...token, value });
    expect(value).toBe(`plt_01999f007a107c3e8b1d5d6f2a9c4e01_${"s".repeat(43)}`);
    expect(await findApiToken(table, value, nowMs)).toMatchObject(token);
    expect(await findApiToken(table, value, nowMs + hourMs)).toBeUndefined();
    expect(JSON.stringify(table.dump())).not.toContain("sss");
    expect(table.dump()[0]?.expires_at_s).toBe((nowMs + hourMs) / 1000);
  });

  it.each(["", "plt_", value.slice(0, -1), `${value}s`, value.toUpperCase(), apiTokenValue(id, "t".repeat(43))])(
    "is not %j",
    async (other) => {
      const table = makeMemoryTable();
      await putApiToken(table, { ...token, value });
      expect(await findApiToken(table, other, nowMs)).toBeUndefined();
    },
  );

  it("without an end has nothing that cleans it up", async () => {
    const table = makeMemoryTable();
    await putApiToken(table, { ...token, expiresAtMs: null, value });
    expect(table.dump()[0]).not.toHaveProperty("expires_at_s");
    expect(await findApiToken(table, value, nowMs + 1e6 * hourMs)).toBeDefined();
  });

  it("is listed until it is deleted", async () => {
    const table = makeMemoryTable();
    await putApiToken(table, { ...token, value });
    expect((await listApiTokens(table, { limit: 50 })).items.map(({ name }) => name)).toEqual(["ci"]);
    expect([await deleteApiToken(table, id), await deleteApiToken(table, id)]).toEqual([true, false]);
    expect((await listApiTokens(table, { limit: 50 })).items).toEqual([]);
  });
});

describe("login tries", () => {
  it("are counted one by one however many come at once", async () => {
    const table = makeMemoryTable();
    const decisions = await Promise.all(Array.from({ length: 50 }, () => countLoginTry(table, email, nowMs)));
    expect(decisions.filter(({ allowed }) => allowed)).toHaveLength(5);
  });

  it("are refused when the count cannot be kept up", async () => {
    const table: Table = {
      ...makeMemoryTable(),
      write: async () => ({ ok: false, failed: [{ index: 0, item: undefined }] }),
    };
    expect(await countLoginTry(table, email, nowMs)).toEqual({ allowed: false, retryAfterSeconds: 1 });
  });

  it("are cleaned up a day after the last, and at once after the right password", async () => {
    const table = makeMemoryTable();
    await countLoginTry(table, email, nowMs);
    expect(table.dump()).toMatchObject([{ wrong: 1, expires_at_s: (nowMs + 24 * hourMs) / 1000 }]);
    expect(JSON.stringify(table.dump())).not.toContain(email);
    await forgetLoginTries(table, email);
    expect(table.dump()).toEqual([]);
  });
});
