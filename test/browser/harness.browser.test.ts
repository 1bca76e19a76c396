/** The harness notices what no page may do: here a page does it. */
import { describe, expect, inject, test } from "vitest";
import { judge, openContext } from "./desk.ts";
import { record } from "./record.ts";
import { excessOf, violationsInBothThemes } from "./rules.ts";

const token = (): string => inject("stack").hetzner_token;
/** The session question of somebody who is not logged in yet is all that a page asks here. */
const quoted = (): string => JSON.stringify(token());

/** The API answers what an API token is called. */
const nameByToken = (): string => {
  const { operator_email: email, operator_password: password } = inject("stack");
  return `(async () => {
    const ask = async (method, path, body) => {
      const headers = { "content-type": "application/json" };
      return (await fetch(path, { method, headers, body: JSON.stringify(body) })).json();
    };
    await ask("POST", "/api/login", ${JSON.stringify({ email, password })});
    const { id } = await ask("POST", "/api/tokens", { name: ${quoted()} });
    await ask("DELETE", "/api/tokens/" + id);
  })()`;
};

const deeds: Readonly<Record<string, { script(): string; says: RegExp }>> = {
  "keeps it in a field": {
    script: () => `document.querySelector("input").value = ${quoted()}`,
    says: /a field/,
  },
  "keeps half of it in the browser's storage": {
    script: () => `localStorage.setItem("x", ${quoted()}.slice(0, 32))`,
    says: /what the browser stores/,
  },
  "keeps it in the history": {
    script: () => `history.replaceState({ token: ${quoted()} }, "")`,
    says: /what the browser stores/,
  },
  "keeps it in a database": {
    script: () => `new Promise((done, fail) => {
      const open = indexedDB.open("x");
      open.onerror = fail;
      open.onupgradeneeded = () => open.result.createObjectStore("s");
      open.onsuccess = () => {
        open.result.transaction("s", "readwrite").objectStore("s").put(${quoted()}, "k").transaction.oncomplete = done;
      };
    })`,
    says: /what the browser stores/,
  },
  "keeps it in a cookie": {
    script: () => `document.cookie = "x=" + ${quoted()}`,
    says: /what the browser stores/,
  },
  "is told it by the API": {
    script: nameByToken,
    says: /an answer/,
  },
  "shows it": {
    script: () => `document.querySelector("h1").dataset.x = ${quoted()}`,
    says: /the document/,
  },
  "sends it in an address": {
    script: () => `fetch("/api/session?token=" + ${quoted()})`,
    says: /an address/,
  },
  "sends it in a header": {
    script: () => `fetch("/api/session", { headers: { "x-token": ${quoted()} } })`,
    says: /a request.+s headers/,
  },
  "sends it in a body": {
    script: () => `fetch("/api/session", { method: "PUT", body: ${quoted()} })`,
    says: /bodies that carry a secret/,
  },
  "says it": {
    script: () => `console.log(${quoted()})`,
    says: /the console/,
  },
  warns: {
    script: () => `console.warn("careful")`,
    says: /errors of the page/,
  },
  "says an error": {
    script: () => `console.error("broken")`,
    says: /errors of the page/,
  },
  "asks somebody else": {
    script: () => `fetch("http://127.0.0.1:9/").catch(() => 0)`,
    says: /requests to others|errors of the page/,
  },
  "runs a script that the policy forbids": {
    script: () => `document.body.append(Object.assign(document.createElement("script"), { textContent: "1" }))`,
    says: /errors of the page/,
  },
  throws: {
    script: () => `setTimeout(() => { throw new Error("broken") }) && new Promise((done) => setTimeout(done))`,
    says: /errors of the page/,
  },
  "is refused something": {
    script: () => `fetch("/api/nothing")`,
    says: /refusals that nobody expects/,
  },
};

/** The page in front of a session, in a context of its own. */
const openPage = async () => {
  const context = await openContext();
  const recorder = record(context);
  const page = await context.newPage();
  await page.goto("/");
  await page.getByRole("form", { name: "Log in" }).waitFor();
  return { context, recorder, page };
};

const { missing } = inject("chromium");

describe.skipIf(missing !== null)("the harness", () => {
  test.for(Object.entries(deeds))("notices a page that %s", async ([, { script, says }]) => {
    const { context, recorder, page } = await openPage();
    await page.evaluate(script());
    const verdict = judge(page, recorder, { gifts: [], refusals: [], forgiven: [] });
    await expect(verdict).rejects.toThrow(says);
    await context.close();
  });

  test("has nothing against a page that does none of this", async () => {
    const { context, recorder, page } = await openPage();
    await judge(page, recorder, { gifts: [], refusals: [], forgiven: [] });
    await context.close();
  });

  test("notices what a screen reader cannot read, and what is wider than the screen", async () => {
    const { context, page } = await openPage();
    expect(await violationsInBothThemes(page, "log-in")).toEqual([]);
    expect(await excessOf(page, 360)).toBe(0);
    await page.evaluate(`document.querySelector("main").append(
      Object.assign(new Image(400), { src: "/icon.svg" }),
    )`);
    const found = await violationsInBothThemes(page, "log-in");
    expect(found.map((line) => line.split(" ").slice(0, 3).join(" "))).toEqual([
      "log-in, light: image-alt",
      "log-in, dark: image-alt",
    ]);
    expect(await excessOf(page, 360)).toBeGreaterThan(0);
    await context.close();
  });
});
