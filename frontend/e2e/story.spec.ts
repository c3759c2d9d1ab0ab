import { randomUUID } from 'node:crypto';
import { expect, putIntoCart, status, test, titled } from './shop';

const screens = {
  'a laptop': {},
  'a phone': { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
};

for (const [screen, use] of Object.entries(screens)) {
  test.describe(screen, () => {
    test.use(use);

    test(`given a visitor on ${screen} with a full cart, when they register and order, then the order is accepted before their eyes`, async ({
      page,
      api,
    }) => {
      const chair = await api.newProduct({ price: 0.1 });
      const lamp = await api.newProduct({ price: 0.2, categories: ['electronics'] });
      await putIntoCart(page, chair.name);
      await putIntoCart(page, lamp.name, 2);

      await page.getByRole('navigation').getByRole('link', { name: /Cart/ }).click();
      await expect(page.getByRole('region', { name: 'Summary' })).toContainText('€0.50');
      await page.reload();
      await expect(page.getByRole('heading', { name: titled(chair.name) })).toBeVisible();

      await page.getByRole('link', { name: 'Log in to order' }).click();
      await page.getByRole('link', { name: 'Make an account' }).click();
      await page.getByLabel('E-mail').fill(`story-${randomUUID()}@example.com`);
      await page.getByLabel('Password').fill('a long enough sentence');
      await page.getByRole('button', { name: 'Make an account' }).click();

      await expect(page.getByRole('heading', { name: 'Your cart' })).toBeVisible();
      await page.getByRole('button', { name: 'Place order' }).click();
      await expect(page).toHaveURL(/\/orders\/[0-9a-f]{24}$/);
      await expect(status(page, 'Accepted')).toBeVisible();
      await expect(page.getByRole('region', { name: 'What you ordered' })).toContainText('€0.50');

      await page.getByRole('navigation').getByRole('link', { name: 'Orders' }).click();
      await expect(page.getByText(`2 × ${titled(lamp.name)}`)).toBeVisible();
      await page.getByRole('navigation').getByRole('link', { name: 'Cart' }).click();
      await expect(page.getByRole('heading', { name: 'Your cart is empty' })).toBeVisible();
    });
  });
}
