import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';
import { forEachPlace } from './pages';
import { expect, logIn, status, test, titled } from './shop';

const standards = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

test.use({ contextOptions: { reducedMotion: 'reduce' } });

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`${colorScheme} colours`, () => {
    test.use({ colorScheme });
    forEachPlace((place) => {
      test(`given ${colorScheme} colours, when ${place.name} is shown, then axe finds nothing wrong`, async ({
        page,
        api,
        someone,
      }) => {
        await place.open(page, api, someone);
        const { violations } = await new AxeBuilder({ page }).withTags(standards).analyze();
        expect(
          violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`),
        ).toEqual([]);
      });
    });
  });
}

test.describe('a narrow phone', () => {
  test.use({ viewport: { width: 320, height: 640 } });
  forEachPlace((place) => {
    test(`given a screen 320 wide, when ${place.name} is shown, then nothing goes sideways`, async ({
      page,
      api,
      someone,
    }) => {
      await place.open(page, api, someone);
      const excess = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(excess).toBeLessThanOrEqual(0);
    });
  });
});

test('given only a keyboard, when somebody orders, then everything can be reached and the focus follows', async ({
  page,
  api,
  someone,
}) => {
  const product = await api.newProduct();
  await logIn(page, someone);
  await page.goto(`/?q=${encodeURIComponent(product.name)}`);
  await expect(page.getByRole('heading', { name: titled(product.name) })).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await tabTo(page, page.getByRole('link', { name: titled(product.name) }));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();
  await expect(page).toHaveTitle(`${titled(product.name)} · Fleetmarket`);
  const addToCart = page.getByRole('button', { name: 'Add to cart' });
  await expect(addToCart).toBeVisible();
  await tabTo(page, addToCart);
  await page.keyboard.press('Enter');
  await tabTo(page, page.getByRole('link', { name: 'See cart' }));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();
  await tabTo(page, page.getByRole('button', { name: 'Place order' }));
  await page.keyboard.press('Enter');
  await expect(status(page, 'Accepted')).toBeVisible();
  await expect(page.getByRole('status').filter({ hasText: /Order .{6}: Everything is yours\./ })).toHaveCount(
    1,
  );
});

test('given a choice of colours, when the page is loaded again, then it is kept from the first paint', async ({
  page,
}) => {
  await page.goto('/');
  await page.getByRole('button', { name: 'Dark' }).click();
  await page.reload({ waitUntil: 'commit' });
  await page.waitForFunction(() => document.body !== null);
  expect(await page.evaluate(() => document.documentElement.dataset['bsTheme'])).toBe('dark');
});

test('given only a keyboard, when what has the focus goes, then reading goes on at the beginning of the page', async ({
  page,
}) => {
  await page.goto('/?q=qqqqqqqq');
  await page.getByRole('button', { name: 'Show everything' }).press('Enter');
  await expect(page.getByRole('link', { name: 'Chair', exact: true })).toBeVisible();
  await expect(page.getByRole('main')).toBeFocused();

  await page.getByRole('button', { name: /^Add to cart *: Chair$/ }).press('Enter');
  await page.getByRole('button', { name: 'Close this message' }).press('Enter');
  await expect(page.getByText('Chair added to your cart.')).toBeHidden();
  await expect(page.getByRole('main')).toBeFocused();
});

for (const [reducedMotion, duration] of [
  ['no-preference', '1.4s'],
  ['reduce', '1e-05s'],
] as const) {
  test.describe(`motion: ${reducedMotion}`, () => {
    test.use({ contextOptions: { reducedMotion } });
    test(`given motion: ${reducedMotion}, when the catalogue is loading, then it moves for ${duration}`, async ({
      page,
    }) => {
      await page.route('**/api/products*', () => undefined);
      await page.goto('/');
      const bone = page.locator('.product-card .bone').first();
      await expect(bone).toBeVisible();
      expect(await bone.evaluate((element) => getComputedStyle(element).animationDuration)).toBe(duration);
    });
  });
}

/** Presses Tab until the target has the focus; what only contains it, as the whole page does, does not count. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  const focused = page.locator(':focus').and(target);
  for (let step = 0; step < 40; step += 1) {
    await page.keyboard.press('Tab');
    if ((await focused.count()) === 1) {
      return;
    }
  }
  throw new Error(`the keyboard does not reach ${target}`);
}
