import { displayName, expect, openNoOrders, startSession, statusBadge, test } from './fixtures';

test('given more orders than fit on a page, when the buyer shows older ones, then each is listed once', async ({
  page,
  api,
  user,
}) => {
  const product = await api.newProduct({ quantity: 100 });
  const placed: string[] = [];
  for (let index = 0; index < 23; index += 1) {
    placed.unshift(await api.order(user, product.name, 1));
  }
  await startSession(page, user);
  await page.goto('/orders');
  const orders = page.getByRole('heading', { level: 2, name: /^Order / });
  await expect(orders).toHaveCount(20);
  await page.getByRole('button', { name: 'Show older orders' }).press('Enter');
  await expect(orders).toHaveText(placed.map((id) => `Order ${id.slice(-6)}`));
  await expect(page.getByRole('link', { name: `Order ${placed[20]?.slice(-6)}` })).toBeFocused();
  await expect(page.getByRole('button', { name: 'Show older orders' })).toBeHidden();
});

test('given an open list of orders, when an order is placed on another device, then it appears in the list', async ({
  page,
  api,
  product,
  user,
}) => {
  await openNoOrders(page, user);
  await page.reload({ waitUntil: 'commit' });
  await page.waitForResponse('**/api/orders/events');
  await api.order(user, product.name, 1);
  await expect(page.getByText(`1 × ${displayName(product.name)}`)).toBeVisible();
  await expect(statusBadge(page, 'Accepted')).toBeVisible();
});

test('given a decided order, when its page is opened later, then it shows both times and the picture of the product', async ({
  page,
  api,
  user,
}) => {
  const product = await api.newProduct({ categories: ['kitchen'] });
  const id = await api.order(user, product.name, 1);
  await expect(async () => {
    expect((await api.ordersOf(user))[0]?.status).toBe('ACCEPTED');
  }).toPass();
  await startSession(page, user);
  await page.goto(`/orders/${id}`);
  await expect(page.getByRole('region', { name: 'Order status' }).getByRole('time')).toHaveCount(2);
  const picture = page.getByRole('main').locator('.product-picture');
  const orderPicture = await picture.innerHTML();
  await page.goto(`/products/${encodeURIComponent(product.name)}`);
  expect(await picture.innerHTML()).toBe(orderPicture);
});

test.describe('not found', () => {
  test.use({ allowedConsole: /status of 404/ });

  test('given the order of another user, when its page is opened, then it is not found', async ({
    page,
    api,
    product,
    user,
  }) => {
    const id = await api.order(await api.newUser(), product.name, 1);
    await startSession(page, user);
    await page.goto(`/orders/${id}`);
    await expect(page.getByRole('heading', { name: 'Order not found' })).toBeVisible();
    await expect(page.getByText(displayName(product.name))).toHaveCount(0);
    await page.getByRole('link', { name: 'View your orders' }).click();
    await expect(page.getByRole('heading', { name: 'No orders yet' })).toBeVisible();
  });
});
