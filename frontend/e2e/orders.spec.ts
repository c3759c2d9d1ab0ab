import { expect, logIn, status, test, titled } from './shop';

test('given more orders than a page holds, when the shopper asks for older ones, then each is there once', async ({
  page,
  api,
  someone,
}) => {
  const product = await api.newProduct({ quantity: 100 });
  const placed: string[] = [];
  for (let index = 0; index < 23; index += 1) {
    placed.unshift(await api.order(someone, product.name, 1));
  }
  await logIn(page, someone);
  await page.goto('/orders');
  const orders = page.getByRole('heading', { level: 2, name: /^Order / });
  await expect(orders).toHaveCount(20);
  await page.getByRole('button', { name: 'Show older orders' }).press('Enter');
  await expect(orders).toHaveText(placed.map((id) => `Order ${id.slice(-6)}`));
  await expect(page.getByRole('link', { name: `Order ${placed[20]?.slice(-6)}` })).toBeFocused();
  await expect(page.getByRole('button', { name: 'Show older orders' })).toBeHidden();
});

test('given an open list of orders, when one is placed elsewhere, then it comes to the list by itself', async ({
  page,
  api,
  someone,
}) => {
  const product = await api.newProduct();
  await logIn(page, someone);
  await page.goto('/orders');
  await expect(page.getByRole('heading', { name: 'No orders yet' })).toBeVisible();
  await page.reload({ waitUntil: 'commit' });
  await page.waitForResponse('**/api/orders/events');
  await api.order(someone, product.name, 1);
  await expect(page.getByText(`1 × ${titled(product.name)}`)).toBeVisible();
  await expect(status(page, 'Accepted')).toBeVisible();
});

test('given a decided order, when its page is opened later, then it says when that was, and draws what was bought', async ({
  page,
  api,
  someone,
}) => {
  const product = await api.newProduct({ categories: ['kitchen'] });
  const id = await api.order(someone, product.name, 1);
  await expect(async () => {
    expect((await api.ordersOf(someone))[0]?.status).toBe('ACCEPTED');
  }).toPass();
  await logIn(page, someone);
  await page.goto(`/orders/${id}`);
  await expect(page.getByRole('region', { name: 'What became of it' }).getByRole('time')).toHaveCount(2);
  const drawn = page.getByRole('main').locator('.product-picture');
  const picture = await drawn.innerHTML();
  await page.goto(`/products/${encodeURIComponent(product.name)}`);
  expect(await drawn.innerHTML()).toBe(picture);
});

test.describe('what is not there', () => {
  test.use({ allowed: /status of 404/ });

  test('given somebody else’s order, when its page is opened, then there is no such order', async ({
    page,
    api,
    someone,
  }) => {
    const product = await api.newProduct();
    const id = await api.order(await api.newPerson(), product.name, 1);
    await logIn(page, someone);
    await page.goto(`/orders/${id}`);
    await expect(page.getByRole('heading', { name: 'You have no such order' })).toBeVisible();
    await expect(page.getByText(titled(product.name))).toHaveCount(0);
    await page.getByRole('link', { name: 'To your orders' }).click();
    await expect(page.getByRole('heading', { name: 'No orders yet' })).toBeVisible();
  });
});
