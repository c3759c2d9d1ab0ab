import type { Page } from '@playwright/test';
import {
  addToCart,
  displayName,
  expect,
  openFilledCart,
  seedCart,
  seedCartLines,
  statusBadge,
  test,
} from './fixtures';

test('given a line that exceeds the stock, when the cart is opened, then it says so and offers to update the cart', async ({
  page,
  api,
}) => {
  const product = await api.newProduct({ quantity: 5, price: 9.99 });
  await addToCart(page, product.name, 5);
  await api.restock(product.name, -3);
  await page.goto('/cart');
  await expect(page.getByText(`We have only 2 of ${displayName(product.name)} left.`)).toBeVisible();
  await page.getByRole('button', { name: 'Update my cart' }).click();
  await expect(page.getByRole('textbox', { name: /^Quantity/ })).toHaveValue('2');
  await expect(page.getByRole('region', { name: 'Order summary' })).toContainText('€19.98');
});

test('given a line of the cart, when its quantity changes, then the total follows and the change is announced', async ({
  page,
  api,
}) => {
  const product = await api.newProduct({ quantity: 5, price: 9.99 });
  await addToCart(page, product.name, 1);
  await page.goto('/cart');
  const name = displayName(product.name);
  const expectAnnouncement = (text: string) =>
    expect(page.getByRole('status').filter({ hasText: text })).toHaveCount(1);
  const summary = page.getByRole('region', { name: 'Order summary' });
  await page.getByRole('button', { name: `Increase quantity: ${name}` }).click();
  await expect(summary).toContainText('€19.98');
  await expectAnnouncement(`${name}: 2 in your cart.`);
  await page.getByRole('textbox', { name: `Quantity: ${name}` }).fill('9');
  await page.keyboard.press('Enter');
  await expect(summary).toContainText('€49.95');
  await expectAnnouncement(`${name}: 5 in your cart.`);
  await page.getByRole('button', { name: `Decrease quantity: ${name}` }).click();
  await expect(summary).toContainText('€39.96');
  await page.reload();
  await expect(page.getByRole('textbox', { name: `Quantity: ${name}` })).toHaveValue('4');
  await page.getByRole('button', { name: `Remove ${name}` }).click();
  await expectAnnouncement(`${name} was removed from your cart.`);
});

test('given the cart, when a quantity is changed quickly and ordered immediately, then that quantity is ordered', async ({
  page,
  api,
  user,
}) => {
  const product = await api.newProduct({ quantity: 20 });
  await openFilledCart(page, user, product.name);
  const name = displayName(product.name);
  await expect(page.getByText('20 in stock')).toBeVisible();
  await page.getByRole('button', { name: `Increase quantity: ${name}` }).dblclick();
  await expect(page.getByRole('textbox', { name: `Quantity: ${name}` })).toHaveValue('3');
  await page.getByRole('textbox', { name: `Quantity: ${name}` }).fill('7');
  await page.getByRole('button', { name: 'Place order' }).click();
  await expect(statusBadge(page, 'Accepted')).toBeVisible();
  await expect(page.getByRole('region', { name: 'Ordered items' })).toContainText('7 × ');
});

test('given an order page that loads slowly, when an order is placed, then the cart does not appear empty meanwhile', async ({
  page,
  product,
  user,
}) => {
  await openFilledCart(page, user, product.name);
  const script = Promise.withResolvers<void>();
  await page.route('**/assets/OrderPage*.js', async (route) => {
    await script.promise;
    await route.continue();
  });
  await page.evaluate(() => {
    const isEmpty = () => document.body.textContent?.includes('Your cart is empty');
    new MutationObserver(() => isEmpty() && document.body.setAttribute('data-was-empty', '')).observe(
      document.body,
      { childList: true, subtree: true, characterData: true },
    );
  });
  const placed = page.waitForResponse(
    (response) => response.url().endsWith('/api/orders') && response.status() === 201,
  );
  await page.getByRole('button', { name: 'Place order' }).click();
  await placed;
  await expect(page.getByRole('heading', { name: 'Your cart' })).toBeVisible();
  script.resolve();
  await expect(statusBadge(page, 'Accepted')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Cart', exact: true })).toBeVisible();
  await expect(page.locator('body')).not.toHaveAttribute('data-was-empty');
});

test.describe('a product that does not exist', () => {
  test.use({ allowedConsole: /status of 404/ });

  test('given a cart with a product that does not exist, when it is opened, then it says so and offers to update the cart', async ({
    page,
    product,
  }) => {
    await seedCartLines(page, [
      { name: product.name, quantity: 1 },
      { name: 'vanished', quantity: 2 },
    ]);
    await page.goto('/cart');
    await expect(page.getByText('Vanished is no longer available.')).toBeVisible();
    await page.getByRole('button', { name: 'Update my cart' }).click();
    await expect(page.getByText('Vanished')).toHaveCount(0);
    await expect(page.getByRole('heading', { name: displayName(product.name) })).toBeVisible();
  });
});

for (const invalid of [
  'not json',
  '{"version":7}',
  '{"version":1,"lines":[{"name":3,"quantity":"x"}]}',
  '[]',
  'null',
]) {
  test(`given ${invalid} in the browser's storage, when the shop is opened, then the cart is empty and nothing fails`, async ({
    page,
  }) => {
    await seedCart(page, invalid);
    await page.goto('/cart');
    await expect(page.getByRole('heading', { name: 'Your cart is empty' })).toBeVisible();
  });
}

test('given a double click on the order button, when the shop responds, then there is one order', async ({
  page,
  api,
  product,
  user,
}) => {
  await openFilledCart(page, user, product.name, 2);
  await page.getByRole('button', { name: 'Place order' }).dblclick();
  await expect(statusBadge(page, 'Accepted')).toBeVisible();
  expect(await api.ordersOf(user)).toHaveLength(1);
});

test('given a cart in two tabs, when it is ordered in both, then there is one order', async ({
  page,
  context,
  api,
  product,
  user,
}) => {
  await openFilledCart(page, user, product.name, 2);
  const otherTab = await context.newPage();
  await otherTab.goto('/cart');
  for (const tab of [page, otherTab]) {
    await expect(tab.getByRole('region', { name: 'Order summary' })).toContainText('€25.00');
    await expect(tab.getByRole('button', { name: 'Place order' })).toBeEnabled();
  }
  // Without Playwright's waiting, because the order of one tab empties the cart of the other.
  const placeOrder = (tab: Page) =>
    tab.evaluate(() => document.querySelector<HTMLElement>('.checkout button')?.click());
  await Promise.all([page, otherTab].map(placeOrder));
  await expect(async () => {
    const results = await Promise.all(
      [page, otherTab].map((tab) =>
        statusBadge(tab, 'Accepted').or(tab.getByText('Your cart is empty')).count(),
      ),
    );
    expect(results).toEqual([1, 1]);
  }).toPass();
  expect(await api.ordersOf(user)).toHaveLength(1);
});

test('given only a keyboard, when lines are removed, then the focus moves to the next line, and after the last line to the page', async ({
  page,
  api,
}) => {
  const [first, second] = [await api.newProduct(), await api.newProduct()];
  await seedCartLines(
    page,
    [first, second].map(({ name }) => ({ name, quantity: 1 })),
  );
  await page.goto('/cart');
  await page.getByRole('button', { name: `Remove ${displayName(first.name)}` }).press('Enter');
  await expect(page.getByRole('link', { name: displayName(second.name) })).toBeFocused();
  await page.getByRole('button', { name: `Remove ${displayName(second.name)}` }).press('Enter');
  await expect(page.getByRole('heading', { name: 'Your cart is empty' })).toBeVisible();
  await expect(page.getByRole('main')).toBeFocused();
});

test.describe('a lost response', () => {
  test.use({ allowedConsole: /net::ERR_/ });

  test('given an order whose response was lost, when the buyer tries again, then there is one order', async ({
    page,
    api,
    product,
    user,
  }) => {
    await openFilledCart(page, user, product.name);
    let isLost = false;
    await page.route('**/api/orders', async (route) => {
      if (!isLost && route.request().method() === 'POST') {
        isLost = true;
        // The shop receives the order, but the page does not receive the response.
        await route.fetch();
        await route.abort('connectionreset');
        return;
      }
      await route.continue();
    });
    await page.getByRole('button', { name: 'Place order' }).click();
    await expect(page.getByText(/Trying again will not place a second order/)).toBeVisible();
    await page.reload();
    await page.getByRole('button', { name: 'Place order' }).click();
    await expect(statusBadge(page, 'Accepted')).toBeVisible();
    expect(await api.ordersOf(user)).toHaveLength(1);
  });
});
