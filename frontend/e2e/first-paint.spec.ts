import type { Page } from '@playwright/test';
import { addToCart, expect, seedUser, startSession, test } from './fixtures';

const addresses = [
  ['/', 200],
  ['/products', 200],
  ['/products/chair', 200],
  ['/cart', 200],
  ['/login', 200],
  ['/login?next=%2Fcart', 200],
  ['/register', 200],
  ['/orders', 200],
  ['/no/such/page', 404],
] as const;

test.describe('the shell', () => {
  test.use({ allowedConsole: /net::ERR_FAILED/ });

  for (const [address, status] of addresses) {
    test.describe(address, () => {
      test.use({ allowedConsole: status === 404 ? /net::ERR_FAILED|status of 404/ : /net::ERR_FAILED/ });

      test(`given ${address}, when the scripts are not loaded yet, then the shell has the texts of the page`, async ({
        page,
      }) => {
        const shellTexts = await openShell(page, address);
        expect((await page.goto(address))?.status()).toBe(status);
        await expect(page.getByRole('contentinfo')).toBeVisible();
        for (const text of shellTexts) {
          await expect(page.getByRole('main').getByText(text, { exact: true }).first()).toBeVisible();
        }
      });
    });
  }

  test('given a product, when the scripts are not loaded yet, then the shell shows its price and description', async ({
    page,
    api,
  }) => {
    const product = await api.newProduct({ name: `50% off/on “ö” ${Date.now()}`, price: 1234.5 });
    const address = `/products/${encodeURIComponent(product.name)}`;
    const shellTexts = await openShell(page, address);
    expect(shellTexts).toEqual(['← All products', product.name, '€1,234.50', product.description]);
    expect((await page.goto(address))?.status()).toBe(200);
    await expect(page.getByRole('heading', { name: product.name })).toBeVisible();
  });

  test('given a filled cart, when the scripts are not loaded yet, then the shell does not say that it is empty', async ({
    page,
    product,
  }) => {
    await addToCart(page, product.name);
    expect(await openShell(page, '/cart')).toEqual(['Your cart']);
  });
});

test.describe('the shell of a logged-in user', () => {
  test.use({ allowedConsole: /net::ERR_FAILED|status of 404/ });

  for (const address of ['/orders', '/orders/71fefe4a1cad4140785928a4', '/admin/products']) {
    test(`given ${address}, when first the scripts and then the session are not loaded yet, then the heading is that of the page`, async ({
      page,
    }) => {
      await startSession(page, seedUser('aaa@aaa.com'));
      const shellTexts = await openShell(page, address);
      const heading = page.getByRole('heading', { level: 1, name: shellTexts.at(-1) ?? '', exact: true });
      const session = Promise.withResolvers<void>();
      await page.route('**/api/refresh', async (route) => {
        await session.promise;
        await route.continue();
      });
      await page.goto(address);
      await expect(page.getByRole('contentinfo')).toBeVisible();
      await expect(heading).toBeVisible();
      session.resolve();
      await expect(page.getByRole('button', { name: 'Account' })).toBeVisible();
      await expect(page.getByRole('main').getByText('Loading…')).toHaveCount(0);
      if (address !== '/admin/products') {
        await expect(heading).toBeVisible();
      }
    });
  }
});

test.describe('a script that fails to load', () => {
  test.use({ allowedConsole: /net::ERR_FAILED/ });

  test('given no script, when the page is opened, then it says so, and reloading helps', async ({ page }) => {
    await page.route('**/assets/*.js', (route) => route.abort());
    await page.goto('/products/chair');
    await expect(page.getByRole('alert')).toContainText('We could not load this page.');
    await page.unroute('**/assets/*.js');
    await page.getByRole('button', { name: 'Reload' }).click();
    await expect(page.getByRole('button', { name: 'Add to cart' })).toBeVisible();
    await expect(page.getByText('We could not load this page.')).toHaveCount(0);
  });
});

test('given a first visit, when the page is rendered, then no request was sent twice', async ({ page }) => {
  const requests: string[] = [];
  page.on(
    'request',
    (request) => request.url().includes('/api/') && requests.push(new URL(request.url()).pathname),
  );
  for (const address of ['/', '/products/chair']) {
    await page.goto(address);
    await expect(page.getByRole('button', { name: /^Add/ }).first()).toBeVisible();
  }
  expect(requests.filter((path) => path === '/api/products')).toHaveLength(2);
  expect(requests.filter((path) => path === '/api/categories')).toHaveLength(1);
  expect(requests).toHaveLength(3);
});

test('given a logged-in user, when a product is opened, then it does not wait for the session', async ({
  page,
  user,
}) => {
  await startSession(page, user);
  const session = Promise.withResolvers<void>();
  await page.route('**/api/refresh', async (route) => {
    await session.promise;
    await route.continue();
  });
  await page.goto('/products/chair');
  await expect(page.getByRole('button', { name: 'Add to cart' })).toBeVisible();
  session.resolve();
  await expect(page.getByRole('button', { name: 'Account' })).toBeVisible();
});

/** The texts of the shell, which is shown until the scripts are loaded. */
async function openShell(page: Page, address: string): Promise<string[]> {
  await page.route('**/assets/*.js', (route) => route.abort());
  const response = address.startsWith('/products/') ? page.waitForResponse('**/api/products?*') : null;
  await page.goto(address);
  await response;
  const elements = page.getByRole('main').locator('h1, p').filter({ visible: true });
  await expect(elements.last()).toHaveText(/\S/);
  const texts = await elements.allInnerTexts();
  await page.unroute('**/assets/*.js');
  return texts.map((text) => text.trim()).filter((text) => text !== '');
}
