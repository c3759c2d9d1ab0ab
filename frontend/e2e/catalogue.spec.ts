import { displayName, expect, type NewProduct, test, uniqueName } from './fixtures';

test('given products, when a visitor searches, sorts and filters, then the results and the address follow', async ({
  page,
  api,
}) => {
  const family = uniqueName('family').replaceAll(' ', '');
  const expensive = await api.newProduct({ name: `${family} expensive`, price: 30 });
  const cheap = await api.newProduct({ name: `${family} cheap`, price: 10, quantity: 3 });
  const sold = await api.newProduct({
    name: `${family} sold`,
    price: 20,
    quantity: 0,
    categories: ['kitchen'],
  });
  await page.goto('/');
  await page.getByRole('searchbox', { name: 'Search the shop' }).fill(family);
  const expectProducts = (...products: NewProduct[]) =>
    expect(page.getByRole('main').getByRole('listitem').getByRole('heading')).toHaveText(
      products.map(({ name }) => displayName(name)),
    );
  await expectProducts(expensive, cheap, sold);
  await expect(page).toHaveURL(new RegExp(`q=${family}`));

  await page.getByRole('combobox', { name: 'Sort by' }).selectOption('Price, low to high');
  await expectProducts(cheap, sold, expensive);
  await expect(page.getByText('Only 3 left')).toBeVisible();

  await page.getByRole('checkbox', { name: 'In stock only' }).check();
  await expectProducts(cheap, expensive);
  await page.reload();
  await expectProducts(cheap, expensive);

  await page.getByRole('button', { name: 'Kitchen' }).click();
  await expect(page.getByRole('heading', { name: 'No results' })).toBeVisible();
  await expect(page.getByRole('status').filter({ hasText: 'No products' })).toHaveCount(1);
  await page.getByRole('button', { name: 'Show all products' }).click();
  await expect(page).toHaveURL(/\/$/);
});

test('given two filters set together, when the page is rendered, then both apply', async ({ page }) => {
  await page.goto('/');
  await expect(page.getByRole('button', { name: 'Kitchen' })).toBeVisible();
  await page.evaluate(() => {
    document.querySelector<HTMLElement>('.filter-bar [type=checkbox]')?.click();
    document.querySelector<HTMLElement>('.chip:nth-of-type(3)')?.click();
  });
  await expect(page.getByRole('button', { name: 'Kitchen' })).toHaveAttribute('aria-pressed', 'true');
  await expect(page.getByRole('checkbox', { name: 'In stock only' })).toBeChecked();
  await expect(page).toHaveURL(/category=kitchen&stock=in$/);
});

test('given more products than fit on a page, when a visitor shows more, then each is listed once', async ({
  page,
  api,
}) => {
  const family = await api.newFamily(27, (number) => ({ price: number }));
  const requests: URL[] = [];
  page.on('request', (request) => requests.push(new URL(request.url())));
  await page.goto(`/?q=${family}&sort=price-desc&stock=in`);
  const cards = page.getByRole('main').getByRole('listitem').getByRole('heading');
  await expect(cards).toHaveCount(24);
  await expect(page.getByText('24+ products')).toBeVisible();
  await expect(cards.first()).toHaveText(displayName(`${family} 27`));
  await page.getByRole('button', { name: 'Show more' }).click();
  await expect(cards).toHaveCount(27);
  await expect(page.getByRole('link', { name: displayName(`${family} 3`), exact: true })).toBeFocused();
  expect(requests.filter(({ pathname }) => pathname === '/api/products')).toHaveLength(2);
  await expect(page.getByRole('button', { name: 'Show more' })).toBeHidden();
  expect(new Set(await cards.allTextContents()).size).toBe(27);
});

test('given more products than fit on the screen, when a visitor scrolls to the end, then the layout does not shift', async ({
  page,
  api,
}) => {
  const family = await api.newFamily(24, (number, name) => ({
    name: `${name} ${'with a long name '.repeat(number % 3)}`.trim(),
  }));
  await page.goto(`/?q=${family}`);
  const cards = page.getByRole('main').getByRole('listitem');
  await expect(cards).toHaveCount(24);
  const height = () => page.evaluate(() => document.documentElement.scrollHeight);
  const before = await height();
  await cards.last().scrollIntoViewIfNeeded();
  await expect(cards.last().getByRole('button')).toBeInViewport();
  expect(await height()).toBe(before);
});

test.describe('a lost connection', () => {
  test.use({ allowedConsole: /net::ERR_|ChunkLoadError/ });

  test('given no network, when a visitor shows more, then the list stays and trying again loads the rest', async ({
    page,
    api,
  }) => {
    const family = await api.newFamily(25);
    await page.goto(`/?q=${family}`);
    const cards = page.getByRole('main').getByRole('listitem').getByRole('heading');
    await expect(cards).toHaveCount(24);
    await page.route('**/api/**', (route) => route.abort());
    await page.getByRole('button', { name: 'Show more' }).click();
    const message = page.getByRole('region', { name: 'Messages' });
    await expect(message).toContainText('We cannot reach the shop.');
    await expect(cards).toHaveCount(24);
    await page.unroute('**/api/**');
    await message.getByRole('button', { name: 'Try again' }).click();
    await expect(cards).toHaveCount(25);
  });

  test('given no network, when the script of a page fails to load, then reloading the page helps', async ({
    page,
  }) => {
    await page.goto('/');
    const cart = page.getByRole('navigation').getByRole('link', { name: 'Cart' });
    await expect(cart).toBeVisible();
    await page.route('**/assets/*.js', (route) => route.abort());
    await cart.click();
    await expect(page.getByRole('heading', { name: 'We could not load this page' })).toBeVisible();
    await page.unroute('**/assets/*.js');
    await page.getByRole('button', { name: 'Reload' }).click();
    await expect(page.getByRole('heading', { name: 'Your cart is empty' })).toBeVisible();
  });
});

test.describe('not found', () => {
  test.use({ allowedConsole: /status of 404/ });

  test('given an unknown product, when its page is opened, then it says so and links to the catalogue', async ({
    page,
  }) => {
    await page.goto('/products/no%20such%20thing');
    await expect(page.getByRole('heading', { name: 'We could not find “No such thing”' })).toBeVisible();
    await page.getByRole('link', { name: 'Continue shopping' }).click();
    await expect(page.getByRole('heading', { level: 1, name: /Everyday things/ })).toBeVisible();
  });

  test('given an unknown category, when it is opened, then the page says so', async ({ page }) => {
    await page.goto('/?category=nowhere');
    await expect(page.getByText('The requested category does not exist.')).toBeVisible();
  });

  test('given an unknown address, when it is opened, then the page says so', async ({ page }) => {
    await page.goto('/not/a/page');
    await expect(page.getByRole('heading', { name: 'Page not found' })).toBeVisible();
  });
});
