/** Connecting: what Hetzner says of a token stands next to the field, in the API's own words. */
import { beforeEach, describe, expect, inject } from "vitest";
import * as z from "zod";
import { providerConnection } from "../../contracts/models.ts";
import { call, connect } from "../e2e/client.ts";
import { type Desk, test } from "./desk.ts";
import { control, startAfresh, startConnected } from "./ground.ts";
import { describedAs, expectPoll, giveToken, logIn, providerState, see, tokenField, tokenForm } from "./steps.ts";

const words = z.object({ message: z.string(), guidance: z.array(z.string()).min(1) });

/** What the API says of the connection now. */
const saidOfProvider = async (): Promise<string[]> => {
  const { last_status_message, guidance } = providerConnection.parse(
    (await call("GET", "/api/providers/hetzner")).body,
  );
  expect(guidance).not.toEqual([]);
  return [last_status_message, ...guidance];
};

/** The first of the sentences describes the field, the others stand in its form, and the field is empty again. */
const expectDiagnosis = async (desk: Desk, [message = "", ...guidance]: readonly string[]): Promise<void> => {
  const field = tokenField(desk);
  await expectPoll(() => describedAs(field)).toContain(message);
  for (const sentence of guidance) await see(tokenForm(desk).getByRole("listitem").filter({ hasText: sentence }));
  expect(await field.getAttribute("aria-invalid")).toBe("true");
  expect(await field.inputValue()).toBe("");
};

const down = { kind: "unavailable_bare", method: "GET", route: "/ssh_keys", times: 1000 };

describe("with nothing connected", () => {
  beforeEach(startAfresh);

  test("the page says how to make a token, and a good one connects", async ({ desk }) => {
    await logIn(desk, "/providers");
    await see(providerState(desk, "Not connected"));
    await see(desk.page.getByRole("listitem").filter({ hasText: /Read & Write/ }));
    expect(await tokenField(desk).getAttribute("autocomplete")).toBe("off");
    await giveToken(desk, inject("stack").hetzner_token);
    await see(providerState(desk, "Connected"));
    await see(tokenForm(desk).getByRole("status").filter({ hasText: "Connected" }));
    expect(await tokenField(desk).inputValue()).toBe("");
  });

  test("a token that can only read is told from its write", async ({ desk }) => {
    await logIn(desk, "/providers");
    await giveToken(desk, inject("stack").hetzner_readonly_token);
    await see(desk.page.getByText(/can only read/));
    await expectDiagnosis(desk, await saidOfProvider());
  });

  test("a token that Hetzner does not know is refused", async ({ desk }) => {
    await logIn(desk, "/providers");
    await giveToken(desk, "N".repeat(30) + "o".repeat(34));
    await see(desk.page.getByText(/does not accept the token/));
    await expectDiagnosis(desk, await saidOfProvider());
  });

  test("with Hetzner down the token is kept and checked later, and the page says so", async ({ desk }) => {
    await control("POST", "faults", { faults: [down] });
    await logIn(desk, "/providers");
    await giveToken(desk, inject("stack").hetzner_token);
    await see(desk.page.getByText(/did not answer as usual/), 40_000);
    await expectDiagnosis(desk, await saidOfProvider());
  });
});

describe("with a token that works", () => {
  beforeEach(startConnected);

  test("another good one takes its place", async ({ desk }) => {
    await logIn(desk, "/providers");
    await giveToken(desk, inject("stack").hetzner_token);
    await see(tokenForm(desk).getByRole("status").filter({ hasText: "Connected" }));
    expect(await tokenField(desk).inputValue()).toBe("");
  });

  test("a worse one changes nothing, and the field says so", async ({ desk }) => {
    const readonly = inject("stack").hetzner_readonly_token;
    const { message, guidance } = words.parse((await connect(readonly)).body);
    await logIn(desk, "/providers");
    desk.refuses("422 POST /api/providers");
    await giveToken(desk, readonly);
    await expectDiagnosis(desk, [message, ...guidance]);
    await see(providerState(desk, "Connected"));
  });

  test("disconnecting says first what it means", async ({ desk }) => {
    const { page } = desk;
    await logIn(desk, "/providers");
    await page.getByRole("button", { name: "Disconnect" }).click();
    const dialog = page.getByRole("dialog", { name: /^Disconnect/ });
    await see(dialog.getByText(/destroyed/));
    await dialog.getByRole("button", { name: "Disconnect" }).click();
    await see(providerState(desk, "Not connected"));
  });
});
