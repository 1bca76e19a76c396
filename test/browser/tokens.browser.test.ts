/** An API token is shown once, and can be revoked. */
import { beforeAll, expect, inject } from "vitest";
import { holds, readKept } from "./canary.ts";
import { test } from "./desk.ts";
import { startAfresh } from "./ground.ts";
import { logIn, miss, openDialog, see } from "./steps.ts";

beforeAll(startAfresh);

const statusWith = async (token: string): Promise<number> =>
  (await fetch(`${inject("stack").base_url}/api/nodes`, { headers: { authorization: `Bearer ${token}` } })).status;

test("a token works, is shown until it was copied, is kept nowhere, and works no longer once revoked", async ({
  desk,
}) => {
  const { page } = desk;
  await logIn(desk, "/settings/tokens");
  await page.getByLabel("Name").fill("Nightly smoke");
  await page.getByRole("button", { name: "Make token" }).click();
  const shown = page.getByRole("region", { name: "New token, shown once" });
  const token = (await shown.getByRole("code").innerText()).trim();
  expect(await statusWith(token)).toBe(200);
  await shown.getByRole("button", { name: "Done" }).click();
  await miss(shown);
  const kept = await readKept(page);
  expect(Object.values(kept).filter((text) => holds(text, token))).toEqual([]);
  const revoke = page.getByRole("button", { name: "Revoke Nightly smoke" });
  const dialog = await openDialog(revoke, "Revoke Nightly smoke");
  await dialog.getByRole("button", { name: "Revoke" }).click();
  await miss(revoke);
  await see(page.getByText(/no tokens? yet/i));
  expect(await statusWith(token)).toBe(401);
});
