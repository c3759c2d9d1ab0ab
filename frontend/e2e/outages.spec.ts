import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startBetween } from './between';
import { expect, logIn, putIntoCart, status, test } from './shop';

const state = process.env['SHOP_STATE'] ?? '../.shop';

test.use({ allowed: /status of 503|net::ERR_/ });
test.describe.configure({ mode: 'serial' });

test.afterEach(() => {
  for (const service of ['products', 'authentication', 'mongo-products']) {
    letGoOn(service);
  }
});

test('given products is away, when its last piece is ordered twice, then one order is rejected before the shopper’s eyes', async ({
  page,
  api,
  someone,
}) => {
  const rival = await api.newPerson();
  const product = await api.newProduct({ quantity: 1, price: 3 });
  await logIn(page, someone);
  await putIntoCart(page, product.name);
  await page.goto('/cart');
  await expect(page.getByText('Only 1 left')).toBeVisible();
  stop('products');
  await api.order(rival, product.name, 1);
  await page.getByRole('button', { name: 'Place order' }).click();
  await expect(status(page, 'Pending')).toBeVisible();
  letGoOn('products');
  await expect(status(page, 'Rejected')).toBeVisible();
  await expect(page.getByText(/There was not enough left of Thing/)).toBeVisible();
  await expect(async () => {
    expect((await api.ordersOf(rival)).map((order) => order.status)).toEqual(['ACCEPTED']);
  }).toPass();
});

test('given the stream is away, when an order is decided, then asking shows it all the same', async ({
  page,
  api,
  someone,
}) => {
  const product = await api.newProduct();
  await page.route('**/api/orders/events', (route) => route.abort());
  await logIn(page, someone);
  await putIntoCart(page, product.name);
  await page.goto('/cart');
  stop('products');
  await page.getByRole('button', { name: 'Place order' }).click();
  await expect(status(page, 'Pending')).toBeVisible();
  letGoOn('products');
  await expect(status(page, 'Accepted')).toBeVisible();
});

test('given an open list of orders, when an order is decided, then the change is there within a second', async ({
  page,
  api,
  someone,
}) => {
  const product = await api.newProduct();
  await logIn(page, someone);
  await page.goto('/orders');
  await expect(page.getByRole('heading', { name: 'No orders yet' })).toBeVisible();
  stop('products');
  await api.order(someone, product.name, 1);
  await page.reload({ waitUntil: 'commit' });
  await page.waitForResponse('**/api/orders/events');
  await expect(status(page, 'Pending')).toBeVisible();
  letGoOn('products');
  await expect(async () => {
    const [order] = await api.ordersOf(someone);
    expect(order?.status).toBe('ACCEPTED');
  }).toPass({ intervals: [100] });
  await expect(status(page, 'Accepted')).toBeVisible({ timeout: 1000 });
});

test('given products is away, when a visitor opens the shop, then a banner says so and goes by itself', async ({
  page,
}) => {
  test.slow();
  stop('products');
  await page.goto('/');
  await expect(page.getByText('The catalogue is not answering just now.')).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole('heading', { name: 'The catalogue could not be loaded' })).toBeVisible({
    timeout: 60_000,
  });
  await expect(page.getByText('Service unavailable!')).toBeVisible();
  letGoOn('products');
  await expect(page.getByText('The catalogue is not answering just now.')).toBeHidden({ timeout: 30_000 });
  await expect(page.getByRole('main').getByRole('listitem').first()).toBeVisible();
});

test('given the database of products is away, when a visitor stays, then the banner stays, and the shop is asked ever less', async ({
  page,
}) => {
  test.slow();
  await page.goto('/');
  await expect(page.getByRole('main').getByRole('listitem').first().getByRole('heading')).toBeVisible();
  stop('mongo-products');
  const banner = page.getByText('The catalogue is not answering just now.');
  await page.getByRole('button', { name: 'Kitchen' }).click();
  await expect(banner).toBeVisible({ timeout: 30_000 });
  await page.evaluate(() => {
    new MutationObserver(() => {
      if (document.querySelector('.unreachable') === null) {
        document.body.setAttribute('data-banner-went', '');
      }
    }).observe(document.body, { childList: true, subtree: true });
  });
  // It takes the shop seconds to say that it cannot; three times is longer than the banner used to last.
  for (let time = 0; time < 3; time += 1) {
    const answer = await page.waitForResponse('**/api/categories', { timeout: 30_000 });
    expect(answer.status()).toBe(503);
    await expect(banner).toBeVisible();
    await expect(page.locator('body')).not.toHaveAttribute('data-banner-went');
  }
  letGoOn('mongo-products');
  await expect(banner).toBeHidden({ timeout: 30_000 });
  await expect(page.getByRole('main').getByRole('listitem').first().getByRole('heading')).toBeVisible();
});

test('given a stream that is lost, when an order is decided meanwhile, then the next stream tells it all the same', async ({
  page,
  api,
  someone,
  baseURL,
}) => {
  const events = '/api/orders/events';
  const between = await startBetween(baseURL ?? '');
  const product = await api.newProduct();
  await logIn(page, someone, between.address);
  stop('products');
  const id = await api.order(someone, product.name, 1);
  const following = page.waitForResponse(`**${events}`);
  await page.goto(`${between.address}/orders/${id}`);
  await following;
  await expect(status(page, 'Pending')).toBeVisible();

  // From here on only the stream can tell, and it is kept away until there is something to tell.
  await page.route(`**/api/orders/${id}`, (route) => route.abort());
  const decided = Promise.withResolvers<void>();
  await page.route(`**${events}`, async (route) => {
    await decided.promise;
    await route.continue();
  });
  const again = page.waitForRequest(`**${events}`);
  between.cut(events);
  // Nothing was told before, so that this is the place of the greeting.
  expect((await again).headers()['last-event-id']).toMatch(/./);
  letGoOn('products');
  await expect(async () => {
    expect((await api.ordersOf(someone))[0]?.status).toBe('ACCEPTED');
  }).toPass();
  await expect(status(page, 'Pending')).toBeVisible();
  decided.resolve();
  await expect(status(page, 'Accepted')).toBeVisible();
  await between.stop();
});

test('given authentication is away, when a shopper loads a page and logs out, then neither is forgotten', async ({
  page,
  someone,
}) => {
  test.slow();
  await logIn(page, someone);
  stop('authentication');
  await page.goto('/orders');
  await expect(page.getByText('Logging in is not possible just now.')).toBeVisible({ timeout: 30_000 });
  await expect(page).toHaveURL(/\/orders$/);
  letGoOn('authentication');
  await expect(page.getByRole('heading', { name: 'No orders yet' })).toBeVisible({ timeout: 30_000 });

  stop('authentication');
  await page.getByRole('button', { name: 'Account' }).click();
  await page.getByRole('button', { name: 'Log out' }).click();
  await expect(page.getByRole('link', { name: 'Log in' })).toBeVisible();
  await expect(page).toHaveURL(/:\d+\/$/);
  await expect(page.getByText(/You are logged out here\./)).toBeVisible({ timeout: 30_000 });
  const told = page.waitForResponse(
    (answer) => answer.url().endsWith('/api/logout') && answer.status() === 204,
  );
  letGoOn('authentication');
  await told;
});

function stop(service: string): void {
  process.kill(processOf(service), 'SIGSTOP');
}

function letGoOn(service: string): void {
  process.kill(processOf(service), 'SIGCONT');
}

function processOf(service: string): number {
  return Number(readFileSync(join(state, 'run', `${service}.pid`), 'utf8').trim());
}
