import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, logIn, openFilledCart, openNoOrders, startSession, statusBadge, test } from './fixtures';
import { startHoldingProxy } from './holdingProxy';

/** The folder in which the shop's supervisor keeps the process ids. */
const stateFolder = process.env['SHOP_STATE'] ?? '../.shop';

test.use({ allowedConsole: /status of 503|net::ERR_/ });
test.describe.configure({ mode: 'serial' });

test.afterEach(() => {
  for (const service of ['products', 'authentication', 'mongo-products']) {
    resume(service);
  }
});

test('given products is down, when its last item is ordered twice, then the page shows that one order is rejected', async ({
  page,
  api,
  user,
}) => {
  const rival = await api.newUser();
  const product = await api.newProduct({ quantity: 1, price: 3 });
  await openFilledCart(page, user, product.name);
  await expect(page.getByText('Only 1 left')).toBeVisible();
  pause('products');
  await api.order(rival, product.name, 1);
  await page.getByRole('button', { name: 'Place order' }).click();
  await expect(statusBadge(page, 'Pending')).toBeVisible();
  resume('products');
  await expect(statusBadge(page, 'Rejected')).toBeVisible();
  await expect(page.getByText(/We did not have enough stock of Thing/)).toBeVisible();
  await expect(async () => {
    expect((await api.ordersOf(rival)).map((order) => order.status)).toEqual(['ACCEPTED']);
  }).toPass();
});

test('given the event stream is unavailable, when an order is decided, then polling shows it', async ({
  page,
  product,
  user,
}) => {
  await page.route('**/api/orders/events', (route) => route.abort());
  await openFilledCart(page, user, product.name);
  pause('products');
  await page.getByRole('button', { name: 'Place order' }).click();
  await expect(statusBadge(page, 'Pending')).toBeVisible();
  resume('products');
  await expect(statusBadge(page, 'Accepted')).toBeVisible();
});

test('given an open list of orders, when an order is decided, then the list shows it within a second', async ({
  page,
  api,
  product,
  user,
}) => {
  await openNoOrders(page, user);
  pause('products');
  await api.order(user, product.name, 1);
  await page.reload({ waitUntil: 'commit' });
  await page.waitForResponse('**/api/orders/events');
  await expect(statusBadge(page, 'Pending')).toBeVisible();
  resume('products');
  await expect(async () => {
    const [order] = await api.ordersOf(user);
    expect(order?.status).toBe('ACCEPTED');
  }).toPass({ intervals: [100] });
  await expect(statusBadge(page, 'Accepted')).toBeVisible({ timeout: 1000 });
});

test('given products is down, when a visitor opens the shop, then a banner says so until it recovers', async ({
  page,
}) => {
  test.slow();
  pause('products');
  await page.goto('/');
  await expect(page.getByText('The catalogue is unavailable right now.')).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole('heading', { name: 'We could not load the catalogue' })).toBeVisible({
    timeout: 60_000,
  });
  await expect(page.getByText('This part of the shop is unavailable right now.')).toBeVisible();
  resume('products');
  await expect(page.getByText('The catalogue is unavailable right now.')).toBeHidden({ timeout: 30_000 });
  await expect(page.getByRole('main').getByRole('listitem').first()).toBeVisible();
});

test('given the database of products is down, when a visitor waits, then the banner stays until it recovers', async ({
  page,
}) => {
  test.slow();
  await page.goto('/');
  await expect(page.getByRole('main').getByRole('listitem').first().getByRole('heading')).toBeVisible();
  pause('mongo-products');
  const banner = page.getByText('The catalogue is unavailable right now.');
  await page.getByRole('button', { name: 'Kitchen' }).click();
  await expect(banner).toBeVisible({ timeout: 30_000 });
  await page.evaluate(() => {
    new MutationObserver(() => {
      if (document.querySelector('.outage-banner') === null) {
        document.body.setAttribute('data-banner-disappeared', '');
      }
    }).observe(document.body, { childList: true, subtree: true });
  });
  // Each poll takes some seconds. A banner that relied on a health check would disappear within three polls.
  for (let poll = 0; poll < 3; poll += 1) {
    const response = await page.waitForResponse('**/api/categories', { timeout: 30_000 });
    expect(response.status()).toBe(503);
    await expect(banner).toBeVisible();
    await expect(page.locator('body')).not.toHaveAttribute('data-banner-disappeared');
  }
  resume('mongo-products');
  await expect(banner).toBeHidden({ timeout: 30_000 });
  await expect(page.getByRole('main').getByRole('listitem').first().getByRole('heading')).toBeVisible();
});

test('given a lost event stream, when an order is decided meanwhile, then the next stream sends the change', async ({
  page,
  api,
  user,
  baseURL,
}) => {
  const events = '/api/orders/events';
  const proxy = await startHoldingProxy(baseURL ?? '');
  const product = await api.newProduct();
  await logIn(page, user, proxy.origin);
  pause('products');
  const id = await api.order(user, product.name, 1);
  const opened = page.waitForResponse(`**${events}`);
  await page.goto(`${proxy.origin}/orders/${id}`);
  await opened;
  await expect(statusBadge(page, 'Pending')).toBeVisible();

  // From here on polling fails, and the next stream opens only after the decision.
  await page.route(`**/api/orders/${id}`, (route) => route.abort());
  const decided = Promise.withResolvers<void>();
  await page.route(`**${events}`, async (route) => {
    await decided.promise;
    await route.continue();
  });
  const reopened = page.waitForRequest(`**${events}`);
  proxy.disconnect(events);
  // No change was sent before, so this is the id of the first message of the stream.
  expect((await reopened).headers()['last-event-id']).toMatch(/./);
  resume('products');
  await expect(async () => {
    expect((await api.ordersOf(user))[0]?.status).toBe('ACCEPTED');
  }).toPass();
  await expect(statusBadge(page, 'Pending')).toBeVisible();
  decided.resolve();
  await expect(statusBadge(page, 'Accepted')).toBeVisible();
  await proxy.stop();
});

test('given authentication is down, when a user loads a page and logs out, then both complete after it recovers', async ({
  page,
  user,
}) => {
  test.slow();
  await startSession(page, user);
  pause('authentication');
  await page.goto('/orders');
  await expect(page.getByText('You cannot log in right now.')).toBeVisible({ timeout: 30_000 });
  await expect(page).toHaveURL(/\/orders$/);
  resume('authentication');
  await expect(page.getByRole('heading', { name: 'No orders yet' })).toBeVisible({ timeout: 30_000 });

  pause('authentication');
  await page.getByRole('button', { name: 'Account' }).click();
  await page.getByRole('button', { name: 'Log out' }).click();
  await expect(page.getByRole('link', { name: 'Log in' })).toBeVisible();
  await expect(page).toHaveURL(/:\d+\/$/);
  await expect(page.getByText(/You are logged out here\./)).toBeVisible({ timeout: 30_000 });
  const loggedOut = page.waitForResponse(
    (response) => response.url().endsWith('/api/logout') && response.status() === 204,
  );
  resume('authentication');
  await loggedOut;
});

function pause(service: string): void {
  process.kill(processOf(service), 'SIGSTOP');
}

function resume(service: string): void {
  process.kill(processOf(service), 'SIGCONT');
}

function processOf(service: string): number {
  return Number(readFileSync(join(stateFolder, 'run', `${service}.pid`), 'utf8').trim());
}
