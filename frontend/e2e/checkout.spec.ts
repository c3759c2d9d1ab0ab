import { randomUUID } from 'node:crypto';
import { addToCart, displayName, expect, statusBadge, test } from './fixtures';

const screens = {
  'a laptop': {},
  'a phone': { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
};

for (const [screen, use] of Object.entries(screens)) {
  test.describe(screen, () => {
    test.use(use);

    test(`given a visitor on ${screen} with a filled cart, when they register and order, then the page shows that the order is accepted`, async ({
      page,
      api,
    }) => {
      const chair = await api.newProduct({ price: 0.1 });
      const lamp = await api.newProduct({ price: 0.2, categories: ['electronics'] });
      await addToCart(page, chair.name);
      await addToCart(page, lamp.name, 2);

      await page.getByRole('navigation').getByRole('link', { name: /Cart/ }).click();
      await expect(page.getByRole('region', { name: 'Order summary' })).toContainText('€0.50');
      await page.reload();
      await expect(page.getByRole('heading', { name: displayName(chair.name) })).toBeVisible();

      await page.getByRole('link', { name: 'Log in to order' }).click();
      await page.getByRole('link', { name: 'Create account' }).click();
      // Both pages have these fields.
      await expect(page.getByRole('heading', { name: 'Create account' })).toBeVisible();
      await page.getByLabel('E-mail').fill(`checkout-${randomUUID()}@example.com`);
      await page.getByLabel('Password').fill('a long enough sentence');
      await page.getByRole('button', { name: 'Create account' }).click();

      await expect(page.getByRole('heading', { name: 'Your cart' })).toBeVisible();
      await page.getByRole('button', { name: 'Place order' }).click();
      await expect(page).toHaveURL(/\/orders\/[0-9a-f]{24}$/);
      await expect(statusBadge(page, 'Accepted')).toBeVisible();
      await expect(page.getByRole('region', { name: 'Ordered items' })).toContainText('€0.50');

      await page.getByRole('navigation').getByRole('link', { name: 'Orders' }).click();
      await expect(page.getByText(`2 × ${displayName(lamp.name)}`)).toBeVisible();
      await page.getByRole('navigation').getByRole('link', { name: 'Cart' }).click();
      await expect(page.getByRole('heading', { name: 'Your cart is empty' })).toBeVisible();
    });
  });
}
