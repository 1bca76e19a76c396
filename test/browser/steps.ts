/** What an operator does at the dashboard, by role and label alone. */
import type { Locator } from "playwright-core";
import { expect, inject } from "vitest";
import type { Desk } from "./desk.ts";

/** How long a job may take here. */
export const JOB_MS = 60_000;

/** Waits until it is on the screen. */
export const see = (locator: Locator, timeout?: number): Promise<void> =>
  locator.first().waitFor({ state: "visible", ...(timeout === undefined ? {} : { timeout }) });

/** Waits until it is gone. */
export const miss = (locator: Locator): Promise<void> => locator.waitFor({ state: "hidden" });

export const heading = ({ page }: Desk, name: string | RegExp): Locator =>
  page.getByRole("heading", { level: 1, name });

/** Fills the form that is on the screen and sends it. */
export async function fillLogIn(desk: Desk): Promise<void> {
  const { operator_email: email, operator_password: password } = inject("stack");
  const form = desk.page.getByRole("form", { name: "Log in" });
  await form.getByLabel("E-mail").fill(email);
  await form.getByLabel("Password").fill(password);
  desk.gives(password, "POST /api/login");
  await form.getByRole("button", { name: "Log in" }).click();
}

/** Opens an address as somebody who has yet to log in, and logs in there. */
export async function logIn(desk: Desk, address = "/"): Promise<void> {
  await desk.page.goto(address);
  await fillLogIn(desk);
  await see(desk.page.getByRole("navigation", { name: "Places" }));
}

/** Opens an address within the page, as a link does not always lead there. */
export const visit = async (desk: Desk, address: string): Promise<void> => {
  await desk.page.goto(address);
};

/** Puts a token into the form on /providers and sends it. */
export async function giveToken(desk: Desk, token: string): Promise<void> {
  const form = tokenForm(desk);
  await tokenField(desk).fill(token);
  desk.gives(token, "POST /api/providers");
  await form.getByRole("button", { name: /^(Connect|Replace)/ }).click();
}

export const tokenForm = ({ page }: Desk): Locator => page.getByRole("form", { name: "Token of Hetzner Cloud" });
/** The word of the connection's state. */
export const providerState = ({ page }: Desk, word: string): Locator =>
  page.getByRole("region", { name: "Hetzner Cloud" }).getByText(word, { exact: true });
export const tokenField = (desk: Desk): Locator => tokenForm(desk).getByLabel("API token");

/** Fills the form of /nodes/new as far as it must be. */
export async function fillOrder({ page }: Desk, name: string): Promise<void> {
  await page.getByRole("form", { name: "New node" }).getByLabel("Name").fill(name);
}

/** Sends it, and answers the id of the job that is shown then. */
export async function orderNode(desk: Desk): Promise<string> {
  await desk.page.getByRole("button", { name: /^Order/ }).click();
  return jobIdOf(desk);
}

const jobPath = /^\/jobs\/([0-9a-f-]{36})$/;

/** Of the job's page, as soon as that is shown. */
export async function jobIdOf({ page }: Desk): Promise<string> {
  await page.waitForURL(({ pathname }) => jobPath.test(pathname));
  return jobPath.exec(new URL(page.url()).pathname)?.[1] ?? "";
}

/** The word of a state, in the line that answers the page's question. */
export const stateOf = ({ page }: Desk, word: string): Locator =>
  page.getByRole("main").getByText(word, { exact: true });

/** Presses what opens a dialog, and answers the dialog. */
export async function openDialog(button: Locator, name: string | RegExp): Promise<Locator> {
  await button.click();
  const dialog = button.page().getByRole("dialog", { name });
  await see(dialog);
  return dialog;
}

/** Opens each dialog of a page once, and closes it again: buttons that open one say so (`aria-haspopup`). */
export async function* dialogsOf({ page }: Desk): AsyncGenerator<string> {
  for (const opener of await page.locator("button[aria-haspopup=dialog]:visible").all()) {
    const name = (await opener.innerText()).trim();
    await opener.click();
    await see(page.getByRole("dialog"));
    yield name;
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
  }
}

/** Long enough for an answer to lead to the next question. */
const QUIET_MS = 300;

/** Waits until all that is under way has been answered. `networkidle` holds for good once it held (playwright #18355). */
export const quiet = ({ quietMs }: Desk) => expectPoll(quietMs, 60_000).toBeGreaterThan(QUIET_MS);

/** On the page of its site. */
export const environmentOf = ({ page }: Desk, name: string): Locator =>
  page.getByRole("region", { name: `Environment ${name}` });

/** What a screen reader says of a field after its name: its fault and its hint. */
export async function describedAs(field: Locator): Promise<string> {
  const ids = (await field.getAttribute("aria-describedby"))?.split(" ") ?? [];
  const texts = ids.map((id) => field.page().locator(`[id="${id}"]`).allTextContents());
  return (await Promise.all(texts)).flat().join(" ").replaceAll(/\s+/g, " ").trim();
}

export const expectPoll = (ask: () => Promise<unknown> | unknown, timeout = 15_000) =>
  expect.poll(ask, { timeout, interval: 100 });

const hasFocus = (locator: Locator): Promise<boolean> =>
  locator.evaluate((element) => element === element.ownerDocument.activeElement);

/** Waits until the keyboard's next press goes there. */
export const expectFocus = (locator: Locator) => expectPoll(() => hasFocus(locator)).toBe(true);

/** Goes on with the Tab key until it is there. */
export async function tabTo({ page }: Desk, target: Locator): Promise<void> {
  for (let presses = 0; presses < 40; presses += 1) {
    if (await hasFocus(target)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`forty presses of Tab do not lead to ${target}`);
}

/**
 * What another tab of the operator's did, and then somebody here, before the page asked anything by itself. Its clock must
 * have been installed before the page was opened.
 */
export async function endSessionBefore(desk: Desk, act: () => Promise<void>): Promise<void> {
  await desk.page.clock.pauseAt(Date.now() + 1000);
  await quiet(desk);
  await endSession(desk);
  await act();
  await desk.page.clock.resume();
}

/** Ends the session at the API. */
const endSession = async ({ context }: Desk): Promise<void> => {
  const cookies = await context.cookies();
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  const answer = await fetch(`${inject("stack").base_url}/api/logout`, { method: "POST", headers: { cookie } });
  expect(answer.ok).toBe(true);
};
