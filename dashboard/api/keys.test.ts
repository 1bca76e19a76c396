import { describe, expect, it } from "vitest";
import { ApiFailure, failureOf, offline, unanswered } from "./failure.ts";
import { inTab, type Keep, makeKeys, sendOnce } from "./keys.ts";

const counted = (keep?: Keep) => {
  let count = 0;
  return makeKeys(() => `key-${++count}`, keep);
};
const refused = (status: number, code: string) => failureOf(status, { code, message: "No" });

it("gives the same wish the same key, and another one another", () => {
  const { keyOf } = counted();
  expect([keyOf({ name: "a" }), keyOf({ name: "a" }), keyOf({ name: "b" }), keyOf({ name: "a" })]).toEqual([
    "key-1",
    "key-1",
    "key-2",
    "key-1",
  ]);
});

describe("the key of a wish", () => {
  it.each<[string, unknown, "kept" | "forgotten"]>([
    ["it is done", null, "forgotten"],
    ["nothing came back", offline(), "kept"],
    ["nothing came back in time", unanswered(new DOMException("late", "TimeoutError")), "kept"],
    ["the answer broke off", new ApiFailure("garbled", "half of it", { status: 202 }), "kept"],
    ["the gateway waited for too long", failureOf(504, undefined), "kept"],
    ["a fault of ours", refused(500, "internal"), "kept"],
    ["the session is over", refused(401, "unauthorized"), "kept"],
    ["the page may not write", refused(403, "forbidden"), "kept"],
    ["too many requests", failureOf(429, { message: "Too Many Requests" }), "kept"],
    ["too many requests, says the API", refused(429, "rate_limited"), "kept"],
    ["a stranger on the way says no", failureOf(400, "<html>"), "kept"],
    ["a bug of this page", new TypeError("a bug"), "kept"],
    ["a field is wrong", refused(400, "bad_request"), "forgotten"],
    ["it is not there", refused(404, "not_found"), "forgotten"],
    ["the name is taken", refused(409, "conflict"), "forgotten"],
    ["the provider is not connected", refused(409, "provider_not_connected"), "forgotten"],
    ["the key was used for something else", refused(409, "idempotency_mismatch"), "forgotten"],
  ])("after: %s", (_, outcome, expected) => {
    const keys = counted();
    const first = keys.keyOf({ name: "a" });
    const other = keys.keyOf({ name: "b" });
    keys.settle({ name: "a" }, outcome);
    expect(keys.keyOf({ name: "a" }) === first ? "kept" : "forgotten").toBe(expected);
    expect(keys.keyOf({ name: "b" })).toBe(other);
  });

  it("stays through a lost answer and the end of the session, until it is known what it began", async () => {
    const keys = counted();
    const sent: string[] = [];
    const outcomes = [offline(), refused(401, "unauthorized"), null, null];
    for (const outcome of outcomes) {
      await sendOnce(keys, { name: "" }, async (key) => {
        sent.push(key);
        if (outcome !== null) throw outcome;
      }).catch(() => undefined);
    }
    expect(sent).toEqual(["key-1", "key-1", "key-1", "key-2"]);
  });

  it("goes when somebody logs out", () => {
    const keys = counted();
    keys.keyOf({});
    keys.forget();
    expect(keys.keyOf({})).toBe("key-2");
  });
});

const makeShelf = (texts = new Map<string, string>()) => ({
  texts,
  getItem: (name: string) => texts.get(name) ?? null,
  setItem: (name: string, text: string) => void texts.set(name, text),
  removeItem: (name: string) => void texts.delete(name),
});
const refusing = () => {
  throw new DOMException("The operation is insecure", "SecurityError");
};

describe("what the tab keeps", () => {
  it("outlives a reload, and is nothing once all is known", () => {
    const shelf = makeShelf();
    const before = makeKeys(
      () => "before",
      inTab("orders", () => shelf),
    );
    before.keyOf({ name: "a" });
    const after = makeKeys(
      () => "after",
      inTab("orders", () => shelf),
    );
    expect(after.keyOf({ name: "a" })).toBe("before");
    after.settle({ name: "a" }, null);
    expect([after.keyOf({ name: "b" }), shelf.texts.size]).toEqual(["after", 1]);
    after.settle({ name: "b" }, null);
    expect(shelf.texts.size).toBe(0);
  });

  it("is the newest twenty wishes", () => {
    const shelf = makeShelf();
    const keys = counted(inTab("orders", () => shelf));
    for (let number = 0; number < 21; number++) keys.keyOf({ number });
    expect([keys.keyOf({ number: 20 }), keys.keyOf({ number: 0 })]).toEqual(["key-21", "key-22"]);
  });

  it.each([
    ["refuses", refusing],
    ["holds nonsense", () => makeShelf(new Map([["orders", "{"]]))],
    ["holds something else", () => makeShelf(new Map([["orders", '{"a":1}']]))],
  ])("does not matter to the page where the browser %s", (_, shelf) => {
    const keys = counted(inTab("orders", shelf));
    expect([keys.keyOf({}), keys.keyOf({})]).toEqual(["key-1", "key-1"]);
  });
});
