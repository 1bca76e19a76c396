import { expect, it } from "vitest";
import { node } from "../../contracts/models.ts";
import { presentNode } from "../../shared/domain/node.ts";
import { makeMemoryTable } from "../../shared/store/memory-table.ts";
import { listNodes } from "../../shared/store/nodes.ts";
import { manyNodes, putNodes } from "./many-nodes.ts";

const nowMs = Date.UTC(2026, 10, 23, 12);

it("makes nodes that the contract knows, each another, most of them ready and some of each trouble", () => {
  const nodes = manyNodes(1000, nowMs).map((made) => node.parse(presentNode(made)));
  expect(new Set(nodes.map(({ id }) => id)).size).toBe(1000);
  expect(new Set(nodes.map(({ name }) => name)).size).toBe(1000);
  expect(nodes.filter(({ server_state }) => server_state === "still_billing")).toHaveLength(10);
  expect(nodes.filter(({ status }) => status === "unreachable")).toHaveLength(20);
  expect(nodes.filter(({ readiness }) => readiness.reason_codes.includes("sudo_unavailable"))).toHaveLength(50);
});

it("puts them into the list, the youngest first", async () => {
  const table = makeMemoryTable();
  await putNodes(table, manyNodes(30, nowMs));
  const { items } = await listNodes(table, { decommissioned: false, limit: 100 });
  expect(items.map(({ name }) => name).slice(0, 2)).toEqual(["many-0001", "many-0002"]);
  expect(items).toHaveLength(30);
});
