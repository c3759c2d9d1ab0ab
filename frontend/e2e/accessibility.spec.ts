import type { Locator, Page } from '@playwright/test';
import { displayName, expect, startSession, statusBadge, test } from './fixtures';

test('given only a keyboard, when a user orders, then everything can be reached and the focus follows', async ({
  page,
  product,
  user,
}) => {
  await startSession(page, user);
  await page.goto(`/?q=${encodeURIComponent(product.name)}`);
  await expect(page.getByRole('heading', { name: displayName(product.name) })).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await tabTo(page, page.getByRole('link', { name: displayName(product.name) }));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();
  await expect(page).toHaveTitle(`${displayName(product.name)} · Fleetmarket`);
  const addToCart = page.getByRole('button', { name: 'Add to cart' });
  await expect(addToCart).toBeVisible();
  await tabTo(page, addToCart);
  await page.keyboard.press('Enter');
  await tabTo(page, page.getByRole('link', { name: 'View cart' }));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();
  await tabTo(page, page.getByRole('button', { name: 'Place order' }));
  await page.keyboard.press('Enter');
  await expect(statusBadge(page, 'Accepted')).toBeVisible();
  await expect(
    page.getByRole('status').filter({ hasText: /Order .{6}: Your order is confirmed\./ }),
  ).toHaveCount(1);
});

test('given a choice of colours, when the page is loaded again, then it applies from the first paint', async ({
  page,
}) => {
  await page.goto('/');
  await page.getByRole('button', { name: 'Dark' }).click();
  await page.reload({ waitUntil: 'commit' });
  await page.waitForFunction(() => document.body !== null);
  expect(await page.evaluate(() => document.documentElement.dataset['bsTheme'])).toBe('dark');
});

test('given only a keyboard, when the focused element disappears, then the focus moves to the main content', async ({
  page,
}) => {
  await page.goto('/?q=qqqqqqqq');
  await page.getByRole('button', { name: 'Show all products' }).press('Enter');
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
    test(`given motion: ${reducedMotion}, when the catalogue is loading, then its animation lasts ${duration}`, async ({
      page,
    }) => {
      await page.route('**/api/products*', () => undefined);
      await page.goto('/');
      const skeleton = page.locator('.product-card .skeleton').first();
      await expect(skeleton).toBeVisible();
      expect(await skeleton.evaluate((element) => getComputedStyle(element).animationDuration)).toBe(
        duration,
      );
    });
  });
}

/** Presses Tab until the target itself has the focus. */
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
