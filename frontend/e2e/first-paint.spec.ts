import type { Page } from '@playwright/test';
import { expect, logIn, putIntoCart, test } from './shop';

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

test.describe('before the script is there', () => {
  test.use({ allowed: /net::ERR_FAILED/ });

  for (const [address, status] of addresses) {
    test.describe(address, () => {
      test.use({ allowed: status === 404 ? /net::ERR_FAILED|status of 404/ : /net::ERR_FAILED/ });

      test(`given ${address}, when the script is not there yet, then what is read is what the page will say`, async ({
        page,
      }) => {
        const early = await withoutScript(page, address);
        expect((await page.goto(address))?.status()).toBe(status);
        await expect(page.getByRole('contentinfo')).toBeVisible();
        for (const text of early) {
          await expect(page.getByRole('main').getByText(text, { exact: true }).first()).toBeVisible();
        }
      });
    });
  }

  test('given a product, when the script is not there yet, then its price and description can be read', async ({
    page,
    api,
  }) => {
    const product = await api.newProduct({ name: `50% off/on “ö” ${Date.now()}`, price: 1234.5 });
    const address = `/products/${encodeURIComponent(product.name)}`;
    const early = await withoutScript(page, address);
    expect(early).toEqual(['← All products', product.name, '€1,234.50', product.description]);
    expect((await page.goto(address))?.status()).toBe(200);
    await expect(page.getByRole('heading', { name: product.name })).toBeVisible();
  });

  test('given a filled cart, when the script is not there yet, then it is not called empty', async ({
    page,
    api,
  }) => {
    const product = await api.newProduct();
    await putIntoCart(page, product.name);
    expect(await withoutScript(page, '/cart')).toEqual(['Your cart']);
  });
});

test.describe('before the script is there, for those who are logged in', () => {
  test.use({ allowed: /net::ERR_FAILED|status of 404/ });

  for (const address of ['/orders', '/orders/71fefe4a1cad4140785928a4', '/admin/products']) {
    test(`given ${address}, when the script and then the session is not there yet, then the page is called what it will be`, async ({
      page,
    }) => {
      await logIn(page, { email: 'aaa@aaa.com', password: 'aaa@aaa.com' });
      const early = await withoutScript(page, address);
      const heading = page.getByRole('heading', { level: 1, name: early.at(-1) ?? '', exact: true });
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

test.describe('a script that does not come', () => {
  test.use({ allowed: /net::ERR_FAILED/ });

  test('given no script, when the page is opened, then it says so, and loading again brings it', async ({
    page,
  }) => {
    await page.route('**/assets/*.js', (route) => route.abort());
    await page.goto('/products/chair');
    await expect(page.getByRole('alert')).toContainText('The rest of this page did not come.');
    await page.unroute('**/assets/*.js');
    await page.getByRole('button', { name: 'Load again' }).click();
    await expect(page.getByRole('button', { name: 'Add to cart' })).toBeVisible();
    await expect(page.getByText('The rest of this page did not come.')).toHaveCount(0);
  });
});

test('given a first visit, when the page is drawn, then the shop was asked once for each thing', async ({
  page,
}) => {
  const asked: string[] = [];
  page.on(
    'request',
    (request) => request.url().includes('/api/') && asked.push(new URL(request.url()).pathname),
  );
  for (const address of ['/', '/products/chair']) {
    await page.goto(address);
    await expect(page.getByRole('button', { name: /^Add/ }).first()).toBeVisible();
  }
  expect(asked.filter((path) => path === '/api/products')).toHaveLength(2);
  expect(asked.filter((path) => path === '/api/categories')).toHaveLength(1);
  expect(asked).toHaveLength(3);
});

test('given a logged-in shopper, when the catalogue is opened, then it does not wait for the session', async ({
  page,
  someone,
}) => {
  await logIn(page, someone);
  let letRenew: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    letRenew = resolve;
  });
  await page.route('**/api/refresh', async (route) => {
    await held;
    await route.continue();
  });
  await page.goto('/products/chair');
  await expect(page.getByRole('button', { name: 'Add to cart' })).toBeVisible();
  letRenew();
  await expect(page.getByRole('button', { name: 'Account' })).toBeVisible();
});

/** What can be read in the page while its scripts are still on their way. */
async function withoutScript(page: Page, address: string): Promise<string[]> {
  await page.route('**/assets/*.js', (route) => route.abort());
  const answered = address.startsWith('/products/') ? page.waitForResponse('**/api/products?*') : null;
  await page.goto(address);
  await answered;
  const texts = page.getByRole('main').locator('h1, p').filter({ visible: true });
  await expect(texts.last()).toHaveText(/\S/);
  const words = await texts.allInnerTexts();
  await page.unroute('**/assets/*.js');
  return words.map((text) => text.trim()).filter((text) => text !== '');
}
