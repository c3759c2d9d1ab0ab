import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures';
import { pageStates } from './pageStates';

const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

const viewports = [
  { width: 1280, height: 860 },
  { width: 390, height: 844 },
];

test.use({ contextOptions: { reducedMotion: 'reduce' } });

for (const { name, allowedConsole = /(?!)/, isStatic, open } of pageStates) {
  test.describe(name, () => {
    test.use({ allowedConsole });
    test(`given any width and colour scheme, when ${name} is shown, then axe finds no violations and nothing scrolls sideways`, async ({
      page,
      api,
    }) => {
      test.slow();
      await open(page, api);
      // The shell has the heading already; the footer appears when React has rendered.
      await expect(page.locator('.footer, .load-error')).toBeVisible();
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        if (isStatic) {
          await open(page, api);
        }
        await expect(page.locator('html')).toHaveAttribute('data-bs-theme', colorScheme);
        for (const viewport of viewports) {
          const { width } = viewport;
          await page.setViewportSize(viewport);
          await expectNoViolations(page, `${width} pixels, ${colorScheme} colours`);
          if ((await page.getByRole('dialog').count()) === 0) {
            // A viewport as high as the page, because content outside it is not rendered yet.
            const height = await page.evaluate(() => document.documentElement.scrollHeight);
            await page.setViewportSize({ width, height });
          }
          await page.screenshot({ path: `screenshots/${name}-${width}-${colorScheme}.png` });
        }
      }
      await page.setViewportSize({ width: 320, height: 640 });
      const excess = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(excess).toBeLessThanOrEqual(0);
    });
  });
}

async function expectNoViolations(page: Page, message: string): Promise<void> {
  // Faster: without the details of rules that pass, and without the extra page that frames would need.
  const axe = new AxeBuilder({ page }).options({ resultTypes: ['violations'] }).setLegacyMode();
  const { violations } = await axe.withTags(STANDARDS).analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`);
  expect.soft(found, message).toEqual([]);
}
