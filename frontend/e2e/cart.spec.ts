import type { Page } from '@playwright/test';
import { expect, keepCart, logIn, putIntoCart, status, test, titled } from './shop';

test('given a line that exceeds the stock, when the cart is opened, then it says which and mends it', async ({
  page,
  api,
}) => {
  const product = await api.newProduct({ quantity: 5, price: 9.99 });
  await putIntoCart(page, product.name, 5);
  await api.restock(product.name, -3);
  await page.goto('/cart');
  await expect(page.getByText(`There are only 2 left of ${titled(product.name)}.`)).toBeVisible();
  await page.getByRole('button', { name: 'Mend my cart' }).click();
  await expect(page.getByRole('textbox', { name: /^Quantity/ })).toHaveValue('2');
  await expect(page.getByRole('region', { name: 'Summary' })).toContainText('€19.98');
});

test('given a line of the cart, when its quantity is stepped and typed, then the total follows and it is said', async ({
  page,
  api,
}) => {
  const product = await api.newProduct({ quantity: 5, price: 9.99 });
  await putIntoCart(page, product.name, 1);
  await page.goto('/cart');
  const name = titled(product.name);
  const said = (words: string) => expect(page.getByRole('status').filter({ hasText: words })).toHaveCount(1);
  const total = page.getByRole('region', { name: 'Summary' });
  await page.getByRole('button', { name: `More: ${name}` }).click();
  await expect(total).toContainText('€19.98');
  await said(`${name}: 2 in your cart.`);
  await page.getByRole('textbox', { name: `Quantity: ${name}` }).fill('9');
  await page.keyboard.press('Enter');
  await expect(total).toContainText('€49.95');
  await said(`${name}: 5 in your cart.`);
  await page.getByRole('button', { name: `Fewer: ${name}` }).click();
  await expect(total).toContainText('€39.96');
  await page.reload();
  await expect(page.getByRole('textbox', { name: `Quantity: ${name}` })).toHaveValue('4');
  await page.getByRole('button', { name: `Remove ${name}` }).click();
  await said(`${name} is out of your cart.`);
});

test('given the cart, when a quantity is typed or stepped quickly and ordered at once, then that is what is ordered', async ({
  page,
  api,
  someone,
}) => {
  const product = await api.newProduct({ quantity: 20 });
  await logIn(page, someone);
  await putIntoCart(page, product.name);
  await page.goto('/cart');
  const name = titled(product.name);
  await expect(page.getByText('20 in stock')).toBeVisible();
  await page.getByRole('button', { name: `More: ${name}` }).dblclick();
  await expect(page.getByRole('textbox', { name: `Quantity: ${name}` })).toHaveValue('3');
  await page.getByRole('textbox', { name: `Quantity: ${name}` }).fill('7');
  await page.getByRole('button', { name: 'Place order' }).click();
  await expect(status(page, 'Accepted')).toBeVisible();
  await expect(page.getByRole('region', { name: 'What you ordered' })).toContainText('7 × ');
});

test('given an order whose page is slow to come, when it is placed, then the cart is not called empty meanwhile', async ({
  page,
  api,
  someone,
}) => {
  const product = await api.newProduct();
  await logIn(page, someone);
  await putIntoCart(page, product.name);
  await page.goto('/cart');
  const code = Promise.withResolvers<void>();
  await page.route('**/assets/OrderPage*.js', async (route) => {
    await code.promise;
    await route.continue();
  });
  await page.evaluate(() => {
    const look = () => document.body.textContent?.includes('Your cart is empty');
    new MutationObserver(() => look() && document.body.setAttribute('data-was-empty', '')).observe(
      document.body,
      { childList: true, subtree: true, characterData: true },
    );
  });
  const placed = page.waitForResponse(
    (answer) => answer.url().endsWith('/api/orders') && answer.status() === 201,
  );
  await page.getByRole('button', { name: 'Place order' }).click();
  await placed;
  await expect(page.getByRole('heading', { name: 'Your cart' })).toBeVisible();
  code.resolve();
  await expect(status(page, 'Accepted')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Cart', exact: true })).toBeVisible();
  await expect(page.locator('body')).not.toHaveAttribute('data-was-empty');
});

test.describe('a product that is gone', () => {
  test.use({ allowed: /status of 404/ });

  test('given a cart with a product that is gone, when it is opened, then it says which and offers to mend it', async ({
    page,
    api,
  }) => {
    const product = await api.newProduct();
    await keepCart(
      page,
      JSON.stringify({
        version: 1,
        lines: [
          { name: product.name, quantity: 1 },
          { name: 'vanished', quantity: 2 },
        ],
      }),
    );
    await page.goto('/cart');
    await expect(page.getByText('Vanished is no longer sold.')).toBeVisible();
    await page.getByRole('button', { name: 'Mend my cart' }).click();
    await expect(page.getByText('Vanished')).toHaveCount(0);
    await expect(page.getByRole('heading', { name: titled(product.name) })).toBeVisible();
  });
});

for (const foreign of [
  'not json',
  '{"version":7}',
  '{"version":1,"lines":[{"name":3,"quantity":"x"}]}',
  '[]',
  'null',
]) {
  test(`given ${foreign} in the browser's storage, when the shop is opened, then the cart is empty and nothing breaks`, async ({
    page,
  }) => {
    await keepCart(page, foreign);
    await page.goto('/cart');
    await expect(page.getByRole('heading', { name: 'Your cart is empty' })).toBeVisible();
  });
}

test('given a double click on the order button, when the shop answers, then there is one order', async ({
  page,
  api,
  someone,
}) => {
  const product = await api.newProduct();
  await logIn(page, someone);
  await putIntoCart(page, product.name, 2);
  await page.goto('/cart');
  await page.getByRole('button', { name: 'Place order' }).dblclick();
  await expect(status(page, 'Accepted')).toBeVisible();
  expect(await api.ordersOf(someone)).toHaveLength(1);
});

test('given a cart that two tabs show, when it is ordered in both, then there is one order', async ({
  page,
  context,
  api,
  someone,
}) => {
  const product = await api.newProduct();
  await logIn(page, someone);
  await putIntoCart(page, product.name, 2);
  const other = await context.newPage();
  for (const tab of [page, other]) {
    await tab.goto('/cart');
    await expect(tab.getByRole('region', { name: 'Summary' })).toContainText('€25.00');
    await expect(tab.getByRole('button', { name: 'Place order' })).toBeEnabled();
  }
  // At once and without waiting: the cart of the second may be ordered, and so empty, any moment.
  const press = (tab: Page) =>
    tab.evaluate(() => document.querySelector<HTMLElement>('.checkout button')?.click());
  await Promise.all([page, other].map(press));
  await expect(async () => {
    const shown = await Promise.all(
      [page, other].map((tab) => status(tab, 'Accepted').or(tab.getByText('Your cart is empty')).count()),
    );
    expect(shown).toEqual([1, 1]);
  }).toPass();
  expect(await api.ordersOf(someone)).toHaveLength(1);
});

test('given only a keyboard, when a line is taken out, then the focus is on the next, and at last on the page', async ({
  page,
  api,
}) => {
  const [first, second] = [await api.newProduct(), await api.newProduct()];
  const lines = [first, second].map(({ name }) => ({ name, quantity: 1 }));
  await keepCart(page, JSON.stringify({ version: 1, lines }));
  await page.goto('/cart');
  await page.getByRole('button', { name: `Remove ${titled(first.name)}` }).press('Enter');
  await expect(page.getByRole('link', { name: titled(second.name) })).toBeFocused();
  await page.getByRole('button', { name: `Remove ${titled(second.name)}` }).press('Enter');
  await expect(page.getByRole('heading', { name: 'Your cart is empty' })).toBeVisible();
  await expect(page.getByRole('main')).toBeFocused();
});

test.describe('a lost answer', () => {
  test.use({ allowed: /net::ERR_/ });

  test('given an order whose answer was lost, when the shopper tries again, then there is one order', async ({
    page,
    api,
    someone,
  }) => {
    const product = await api.newProduct();
    await logIn(page, someone);
    await putIntoCart(page, product.name);
    await page.goto('/cart');
    let lost = false;
    await page.route('**/api/orders', async (route) => {
      if (!lost && route.request().method() === 'POST') {
        lost = true;
        // The order reaches the shop; only its answer does not come back.
        await route.fetch();
        await route.abort('connectionreset');
        return;
      }
      await route.continue();
    });
    await page.getByRole('button', { name: 'Place order' }).click();
    await expect(page.getByText(/Trying again will not order twice/)).toBeVisible();
    await page.reload();
    await page.getByRole('button', { name: 'Place order' }).click();
    await expect(status(page, 'Accepted')).toBeVisible();
    expect(await api.ordersOf(someone)).toHaveLength(1);
  });
});
