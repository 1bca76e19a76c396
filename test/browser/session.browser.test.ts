/** Logging in, the end of a session, and the network that goes away. */
import { beforeAll, expect, inject } from "vitest";
import { named } from "../e2e/client.ts";
import { test } from "./desk.ts";
import { makeNode, startConnected } from "./ground.ts";
import {
  describedAs,
  endSessionBefore,
  expectPoll,
  fillLogIn,
  heading,
  logIn,
  miss,
  providerState,
  see,
} from "./steps.ts";

beforeAll(async () => {
  await startConnected();
  await makeNode(named("ground"));
});

test("a wrong password is refused in the API's words, and the field is empty again", async ({ desk }) => {
  const { page } = desk;
  const wrong = "k3-Vv8qLxZ_r7Tn0";
  await page.goto("/");
  const form = page.getByRole("form", { name: "Log in" });
  await form.getByLabel("E-mail").fill(inject("stack").operator_email);
  await form.getByLabel("Password").fill(wrong);
  desk.gives(wrong, "POST /api/login");
  desk.refuses("401 POST /api/login");
  await form.getByRole("button", { name: "Log in" }).click();
  await expectPoll(() => describedAs(form.getByLabel("Password"))).toContain("is wrong");
  expect(await form.getByLabel("Password").inputValue()).toBe("");
  await fillLogIn(desk);
  await see(heading(desk, "Overview"));
});

test("a session that ends is said to have, and logging in goes on at the same place", async ({ desk }) => {
  const { page } = desk;
  await page.clock.install();
  await logIn(desk, "/nodes");
  await see(heading(desk, "Nodes"));
  desk.refuses(/^401 /);
  await endSessionBefore(desk, () => page.getByRole("link", { name: /^Providers/ }).click());
  await see(heading(desk, /session has ended/i));
  await fillLogIn(desk);
  await see(heading(desk, "Providers"));
  expect(new URL(page.url()).pathname).toBe("/providers");
  await see(providerState(desk, "Connected"));
});

test("what was typed when the session ended is there again", async ({ desk }) => {
  const { page } = desk;
  await page.clock.install();
  await logIn(desk, "/sites/new");
  const title = page.getByRole("form", { name: "New site" }).getByLabel("Title");
  await title.fill("Half a thought");
  desk.refuses(/^401 /);
  await endSessionBefore(desk, () => page.getByRole("button", { name: "Create site" }).click());
  await see(heading(desk, /session has ended/i));
  await fillLogIn(desk);
  await see(title);
  expect(await title.inputValue()).toBe("Half a thought");
});

test("logging out leaves nothing on the screen", async ({ desk }) => {
  const { page } = desk;
  await logIn(desk, "/providers");
  await see(providerState(desk, "Connected"));
  desk.refuses(/^401 /);
  await page.getByRole("button", { name: "Log out" }).click();
  await see(page.getByRole("form", { name: "Log in" }));
  await miss(providerState(desk, "Connected"));
  await page.reload();
  await see(page.getByRole("form", { name: "Log in" }));
});

test("without a network the page says so, keeps what it shows, and goes on by itself", async ({ desk }) => {
  const { page, context } = desk;
  await logIn(desk, "/providers");
  await see(providerState(desk, "Connected"));
  await context.setOffline(true);
  await see(page.getByText(/^No network/));
  await see(providerState(desk, "Connected"));
  await context.setOffline(false);
  await miss(page.getByText(/^No network/));
});
