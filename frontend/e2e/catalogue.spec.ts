import { type Api, expect, type NewProduct, test, titled, uniqueName } from './shop';

test('given products of one family, when the visitor searches, sorts and filters, then the grid and the address follow', async ({
  page,
  api,
}) => {
  const family = uniqueName('family').replaceAll(' ', '');
  const dear = await api.newProduct({ name: `${family} dear`, price: 30 });
  const cheap = await api.newProduct({ name: `${family} cheap`, price: 10, quantity: 3 });
  const sold = await api.newProduct({
    name: `${family} sold`,
    price: 20,
    quantity: 0,
    categories: ['kitchen'],
  });
  await page.goto('/');
  await page.getByRole('searchbox', { name: 'Search the shop' }).fill(family);
  const names = page.getByRole('main').getByRole('listitem').getByRole('heading');
  await expect(names).toHaveText([titled(dear.name), titled(cheap.name), titled(sold.name)]);
  await expect(page).toHaveURL(new RegExp(`q=${family}`));

  await page.getByRole('combobox', { name: 'Sort by' }).selectOption('Price, low to high');
  await expect(names).toHaveText([titled(cheap.name), titled(sold.name), titled(dear.name)]);
  await expect(page.getByText('Only 3 left')).toBeVisible();

  await page.getByRole('checkbox', { name: 'In stock only' }).check();
  await expect(names).toHaveText([titled(cheap.name), titled(dear.name)]);
  await page.reload();
  await expect(names).toHaveText([titled(cheap.name), titled(dear.name)]);

  await page.getByRole('button', { name: 'Kitchen' }).click();
  await expect(page.getByRole('heading', { name: 'Nothing matches' })).toBeVisible();
  await expect(page.getByRole('status').filter({ hasText: 'No products' })).toHaveCount(1);
  await page.getByRole('button', { name: 'Show everything' }).click();
  await expect(page).toHaveURL(/\/$/);
});

test('given two choices made at once, when the page is drawn, then both are kept', async ({ page }) => {
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

test('given more products than a page holds, when the visitor asks for more, then each is there once', async ({
  page,
  api,
}) => {
  const family = await newFamily(api, 27, (index) => ({ price: index + 1 }));
  const asked: URL[] = [];
  page.on('request', (request) => asked.push(new URL(request.url())));
  await page.goto(`/?q=${family}&sort=dearest&stock=in`);
  const cards = page.getByRole('main').getByRole('listitem').getByRole('heading');
  await expect(cards).toHaveCount(24);
  await expect(page.getByText('24+ products')).toBeVisible();
  await expect(cards.first()).toHaveText(titled(`${family} 26`));
  await page.getByRole('button', { name: 'Show more' }).click();
  await expect(cards).toHaveCount(27);
  await expect(page.getByRole('link', { name: titled(`${family} 2`), exact: true })).toBeFocused();
  expect(asked.filter(({ pathname }) => pathname === '/api/products')).toHaveLength(2);
  await expect(page.getByRole('button', { name: 'Show more' })).toBeHidden();
  expect(new Set(await cards.allTextContents()).size).toBe(27);
});

test('given more products than the screen shows, when the visitor scrolls to the end, then nothing moves under their hand', async ({
  page,
  api,
}) => {
  const family = await newFamily(api, 24, (index, name) => ({
    name: `${name} ${'with a long name '.repeat(index % 3)}`.trim(),
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
  test.use({ allowed: /net::ERR_|CodeMissing/ });

  test('given no network, when the visitor asks for more, then what is there stays and trying again brings the rest', async ({
    page,
    api,
  }) => {
    const family = await newFamily(api, 25);
    await page.goto(`/?q=${family}`);
    const cards = page.getByRole('main').getByRole('listitem').getByRole('heading');
    await expect(cards).toHaveCount(24);
    await page.route('**/api/**', (route) => route.abort());
    await page.getByRole('button', { name: 'Show more' }).click();
    const message = page.getByRole('region', { name: 'Messages' });
    await expect(message).toContainText('The shop cannot be reached.');
    await expect(cards).toHaveCount(24);
    await page.unroute('**/api/**');
    await message.getByRole('button', { name: 'Try again' }).click();
    await expect(cards).toHaveCount(25);
  });

  test('given no network, when the code of a page does not come, then trying again brings it', async ({
    page,
  }) => {
    await page.goto('/');
    const cart = page.getByRole('navigation').getByRole('link', { name: 'Cart' });
    await expect(cart).toBeVisible();
    await page.route('**/assets/*.js', (route) => route.abort());
    await cart.click();
    await expect(page.getByRole('heading', { name: 'This page did not come' })).toBeVisible();
    await page.unroute('**/assets/*.js');
    await page.getByRole('button', { name: 'Load again' }).click();
    await expect(page.getByRole('heading', { name: 'Your cart is empty' })).toBeVisible();
  });
});

test.describe('what is not there', () => {
  test.use({ allowed: /status of 404/ });

  test('given no such product, when its page is opened, then the page says so and leads on', async ({
    page,
  }) => {
    await page.goto('/products/no%20such%20thing');
    await expect(page.getByRole('heading', { name: 'We do not have “No such thing”' })).toBeVisible();
    await page.getByRole('link', { name: 'To the catalogue' }).click();
    await expect(page.getByRole('heading', { level: 1, name: /Everyday things/ })).toBeVisible();
  });

  test('given a category that does not exist, when it is asked for, then the shop says so', async ({
    page,
  }) => {
    await page.goto('/?category=nowhere');
    await expect(page.getByText('The requested category does not exist.')).toBeVisible();
  });

  test('given an address that is no page, when it is opened, then a helpful page is shown', async ({
    page,
  }) => {
    await page.goto('/not/a/page');
    await expect(page.getByRole('heading', { name: 'There is no such page' })).toBeVisible();
  });
});

/** Products that a search for the family finds, and nothing else: so many, each with its number in its name. */
async function newFamily(
  api: Api,
  count: number,
  fieldsOf: (index: number, name: string) => Partial<NewProduct> = () => ({}),
): Promise<string> {
  const family = uniqueName('family').replaceAll(' ', '');
  for (let index = 0; index < count; index += 1) {
    const name = `${family} ${index}`;
    await api.newProduct({ name, ...fieldsOf(index, name) });
  }
  return family;
}
