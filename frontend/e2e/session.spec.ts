import { startBetween } from './between';
import { expect, logIn, logInAsAdmin, logOut, putIntoCart, test } from './shop';

test('given a logged-in shopper, when the page is loaded again, then they are still logged in', async ({
  page,
  someone,
}) => {
  await logIn(page, someone);
  await page.reload();
  await expect(page.getByRole('button', { name: 'Account' })).toBeVisible();
});

test('given two tabs, when one fills the cart, logs in and logs out, then the other follows', async ({
  page,
  context,
  api,
  someone,
}) => {
  const product = await api.newProduct();
  const other = await context.newPage();
  await other.goto('/');
  await putIntoCart(page, product.name, 3);
  await expect(other.getByRole('link', { name: 'Cart 3 pieces' })).toBeVisible();

  await logIn(page, someone);
  await expect(other.getByRole('button', { name: 'Account' })).toBeVisible();
  await other.goto('/orders');
  await expect(other.getByRole('heading', { name: 'Your orders' })).toBeVisible();

  await logOut(page);
  await expect(other).toHaveURL(/\/login/);
  await other.reload();
  await expect(other.getByRole('main').getByRole('button', { name: 'Log in' })).toBeVisible();
  await expect(other.getByRole('navigation').getByRole('link', { name: 'Log in' })).toBeVisible();
  await expect(other.getByRole('button', { name: 'Account' })).toHaveCount(0);
});

for (const place of ['/', '/cart', '/orders', '/admin/products']) {
  test(`given ${place}, when somebody logs out there, then they are at the beginning of the catalogue`, async ({
    page,
  }) => {
    await logInAsAdmin(page);
    await page.goto(place);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await page.getByRole('button', { name: 'Account' }).press('Enter');
    await page.getByRole('button', { name: 'Log out' }).press('Enter');
    await expect(page.getByText('You are logged out.')).toBeVisible();
    await expect(page.getByRole('heading', { level: 1, name: /Everyday things/ })).toBeVisible();
    await expect(page).toHaveURL(/:\d+\/$/);
    await expect(page.getByRole('main')).toBeFocused();
  });
}

test('given a page for those who are logged in, when a visitor opens it, then they log in first and come back', async ({
  page,
  someone,
}) => {
  await page.goto('/orders');
  await expect(page).toHaveURL(/\/login\?next=%2Forders$/);
  await page.getByLabel('E-mail').fill(someone.email);
  await page.getByLabel('Password').fill(someone.password);
  await page.getByRole('main').getByRole('button', { name: 'Log in' }).click();
  await expect(page).toHaveURL(/\/orders$/);
  await expect(page.getByRole('heading', { name: 'No orders yet' })).toBeVisible();
});

test('given a page left open past the life of its token, when the shopper goes on, then it was renewed once', async ({
  page,
  api,
  someone,
}) => {
  const product = await api.newProduct();
  await api.order(someone, product.name, 1);
  await page.clock.install();
  await logIn(page, someone);
  const renewals: string[] = [];
  page.on('request', (request) => request.url().endsWith('/api/refresh') && renewals.push(request.url()));
  const renewed = page.waitForResponse('**/api/refresh');
  await page.clock.fastForward('14:45');
  expect((await renewed).status()).toBe(200);
  await page.getByRole('navigation').getByRole('link', { name: 'Orders' }).click();
  await expect(page.getByText('Accepted')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Account' })).toBeVisible();
  expect(renewals).toHaveLength(1);
});

test.describe('a page that is left', () => {
  // The first try of the next page is refused, because the page before has spent the token.
  test.use({ allowed: /status of 401/ });

  test('given a renewal whose answer is still on its way, when the page is loaded again, then one stays logged in', async ({
    page,
    someone,
    baseURL,
  }) => {
    const between = await startBetween(baseURL ?? '');
    await logIn(page, someone, between.address);
    const held = between.hold('/api/refresh');
    await page.reload();
    await held.begun;
    const refused = page.waitForResponse((answer) => answer.status() === 401);
    await page.reload();
    await refused;
    held.letGo();
    await expect(page.getByRole('button', { name: 'Account' })).toBeVisible();
    await between.stop();
  });
});

test.describe('refusals', () => {
  test.use({ allowed: /status of (?:400|401|422)/ });

  test('given an access token that the shop no longer takes, when several calls are made, then one renewal lets them all through', async ({
    page,
    api,
    someone,
  }) => {
    const product = await api.newProduct();
    await api.order(someone, product.name, 1);
    await logIn(page, someone);
    const renewals: string[] = [];
    page.on('request', (request) => request.url().endsWith('/api/refresh') && renewals.push(request.url()));
    const spent = new Set<string>();
    await page.route('**/api/{orders,products,categories}**', async (route) => {
      const headers = route.request().headers();
      const token = headers['authorization'];
      if (token === undefined || renewals.length > 0) {
        await route.continue();
        return;
      }
      spent.add(route.request().url());
      await route.continue({ headers: { ...headers, authorization: `${token.slice(0, -8)}AAAAAAAA` } });
    });
    await page.getByRole('navigation').getByRole('link', { name: 'Orders' }).click();
    await expect(page.getByText('Accepted')).toBeVisible();
    expect(spent.size).toBeGreaterThan(1);
    expect(renewals).toHaveLength(1);
  });

  test('given two tabs whose token the shop no longer takes, when both go on, then it is renewed once for both', async ({
    page,
    context,
    api,
    someone,
  }) => {
    const product = await api.newProduct();
    await api.order(someone, product.name, 1);
    await logIn(page, someone);
    const other = await context.newPage();
    await other.goto('/');
    await expect(other.getByRole('button', { name: 'Account' })).toBeVisible();
    const renewals: string[] = [];
    context.on(
      'request',
      (request) => request.url().endsWith('/api/refresh') && renewals.push(request.url()),
    );
    let spent: string | undefined;
    await context.route('**/api/orders**', async (route) => {
      const headers = route.request().headers();
      const token = headers['authorization'] ?? '';
      spent ??= token;
      await route.continue({
        headers: { ...headers, authorization: token === spent ? `${token.slice(0, -8)}AAAAAAAA` : token },
      });
    });
    const tabs = [page, other];
    await Promise.all(
      tabs.map((tab) => tab.getByRole('navigation').getByRole('link', { name: 'Orders' }).click()),
    );
    for (const tab of tabs) {
      await expect(tab.getByText('Accepted')).toBeVisible();
    }
    expect(renewals).toHaveLength(1);
  });

  test('given wrong credentials, when somebody logs in, then the mistake is beside the field', async ({
    page,
    someone,
  }) => {
    await page.goto('/login');
    await page.getByLabel('E-mail').fill(someone.email);
    await page.getByLabel('Password').fill('not the password');
    await page.getByRole('main').getByRole('button', { name: 'Log in' }).click();
    await expect(page.getByLabel('Password')).toHaveAccessibleDescription('Incorrect e-mail or password');
    await page.getByLabel('E-mail').fill('no address');
    await page.getByRole('main').getByRole('button', { name: 'Log in' }).click();
    await expect(page.getByLabel('E-mail')).toHaveAccessibleDescription('This e-mail is not acceptable');
  });

  test('given a taken e-mail or a common password, when somebody registers, then the shop says so at the field', async ({
    page,
    someone,
  }) => {
    await page.goto('/register');
    await page.getByRole('button', { name: 'Make an account' }).click();
    await expect(page.getByLabel('E-mail')).toHaveAccessibleDescription('Please enter your e-mail.');
    await page.getByLabel('E-mail').fill(someone.email);
    await page.getByLabel('Password').fill('quite a long sentence');
    await page.getByRole('button', { name: 'Make an account' }).click();
    await expect(page.getByLabel('E-mail')).toHaveAccessibleDescription('This e-mail is not acceptable');
    await page.getByLabel('E-mail').fill(`new-${Date.now()}@example.com`);
    await page.getByLabel('Password').fill('password1');
    await page.getByRole('button', { name: 'Make an account' }).click();
    await expect(page.getByLabel('Password')).toHaveAccessibleDescription(/most common passwords/);
  });

  test('given foreign data in every place of the browser’s storage, when the shop is opened, then it is dropped and nothing breaks', async ({
    page,
  }) => {
    await page.goto('/');
    await page.evaluate(() => {
      for (const place of ['cart', 'theme', 'signed-in', 'log-out-owed', 'renewal-unseen']) {
        localStorage.setItem(place, '{"<foreign>":[');
      }
    });
    await page.reload();
    await expect(page.getByRole('button', { name: /^Add/ }).first()).toBeVisible();
    await expect(page.getByRole('link', { name: 'Log in' })).toBeVisible();
    await expect(page.getByRole('link', { name: 'Cart', exact: true })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Automatic' })).toHaveAttribute('aria-pressed', 'true');
    for (const place of ['signed-in', 'log-out-owed', 'renewal-unseen']) {
      await expect
        .poll(() => page.evaluate((name) => localStorage.getItem(name), place), { message: place })
        .toBeNull();
    }
  });
});
