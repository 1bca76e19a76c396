/** What every page keeps to, for whoever reads it. */
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";

const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"];

/** What axe finds, a line each. */
const violationsOf = async (page: Page, where: string): Promise<string[]> => {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).withTags(tags).analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, html }) => `${where}: ${id} ${target} ${html}`));
};

/** Both themes follow what the reader's system asks for, so a page need not be opened twice. */
export const violationsInBothThemes = async (page: Page, where: string): Promise<string[]> => {
  const found: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    found.push(...(await violationsOf(page, `${where}, ${colorScheme}`)));
  }
  return found;
};

/** How far a page can be scrolled sideways, which no reader should have to. */
export const excessOf = async (page: Page, width: number): Promise<number> => {
  await page.setViewportSize({ width, height: 900 });
  const excessPx = Number(await page.evaluate("document.documentElement.scrollWidth - innerWidth"));
  await page.setViewportSize({ width: 1440, height: 900 });
  return excessPx;
};
