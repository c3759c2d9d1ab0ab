import type { BrowserContext } from '@playwright/test';
import {
  addToCart,
  admin,
  expect,
  logIn,
  logOut,
  startSession,
  submitLogIn,
  test,
  watchRefreshes,
} from './fixtures';
import { startHoldingProxy } from './holdingProxy';

test('given a logged-in user, when the page is reloaded, then they are still logged in', async ({
  page,
  user,
}) => {
  await logIn(page, user);
  await page.reload();
  await expect(page.getByRole('button', { name: 'Account' })).toBeVisible();
});

test('given two tabs, when the cart and the session change in one, then the other follows', async ({
  page,
  context,
  product,
  user,
}) => {
  const other = await context.newPage();
  await other.goto('/');
  await addToCart(page, product.name, 3);
  await expect(other.getByRole('link', { name: 'Cart 3 items' })).toBeVisible();

  await logIn(page, user);
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

for (const path of ['/', '/cart', '/orders', '/admin/products']) {
  test(`given ${path}, when the user logs out there, then the catalogue is shown from the top`, async ({
    page,
  }) => {
    await startSession(page, admin);
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await page.getByRole('button', { name: 'Account' }).press('Enter');
    await page.getByRole('button', { name: 'Log out' }).press('Enter');
    await expect(page.getByText('You are logged out.')).toBeVisible();
    await expect(page.getByRole('heading', { level: 1, name: /Everyday things/ })).toBeVisible();
    await expect(page).toHaveURL(/:\d+\/$/);
    await expect(page.getByRole('main')).toBeFocused();
  });
}

test('given a page that needs a session, when a visitor opens it, then they log in first and return to it', async ({
  page,
  user,
}) => {
  await page.goto('/orders');
  await expect(page).toHaveURL(/\/login\?next=%2Forders$/);
  await submitLogIn(page, user);
  await expect(page).toHaveURL(/\/orders$/);
  await expect(page.getByRole('heading', { name: 'No orders yet' })).toBeVisible();
});

test('given a page that is open until its token expires, when the user continues, then the token was refreshed once', async ({
  page,
  context,
  buyer,
}) => {
  await page.clock.install();
  await logIn(page, buyer);
  const refreshes = watchRefreshes(context);
  const refreshed = page.waitForResponse('**/api/refresh');
  await page.clock.fastForward('14:45');
  expect((await refreshed).status()).toBe(200);
  await page.getByRole('navigation').getByRole('link', { name: 'Orders' }).click();
  await expect(page.getByText('Accepted')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Account' })).toBeVisible();
  expect(refreshes).toHaveLength(1);
});

test('given a refresh whose response is still in flight, when the page is reloaded, then the user stays logged in', async ({
  page,
  user,
  baseURL,
}) => {
  const proxy = await startHoldingProxy(baseURL ?? '');
  await logIn(page, user, proxy.origin);
  const refresh = proxy.hold('/api/refresh');
  await page.reload();
  await refresh.received;
  // The next page sends the same token, because the previous one never received its successor.
  await page.reload();
  await expect(page.getByRole('button', { name: 'Account' })).toBeVisible();
  refresh.release();
  await page.reload();
  await expect(page.getByRole('button', { name: 'Account' })).toBeVisible();
  await proxy.stop();
});

test.describe('refusals', () => {
  test.use({ allowedConsole: /status of (?:400|401|422)/ });

  test('given an access token that is no longer valid, when several calls fail, then one refresh lets them all succeed', async ({
    page,
    context,
    buyer,
  }) => {
    await logIn(page, buyer);
    const refreshes = watchRefreshes(context);
    const rejected = await rejectToken(context, '**/api/{orders,products,categories}**');
    await page.getByRole('navigation').getByRole('link', { name: 'Orders' }).click();
    await expect(page.getByText('Accepted')).toBeVisible();
    expect(rejected.size).toBeGreaterThan(1);
    expect(refreshes).toHaveLength(1);
  });

  test('given two tabs whose token is no longer valid, when both continue, then it is refreshed once for both', async ({
    page,
    context,
    buyer,
  }) => {
    await logIn(page, buyer);
    const other = await context.newPage();
    await other.goto('/');
    await expect(other.getByRole('button', { name: 'Account' })).toBeVisible();
    const refreshes = watchRefreshes(context);
    await rejectToken(context, '**/api/orders**');
    const tabs = [page, other];
    await Promise.all(
      tabs.map((tab) => tab.getByRole('navigation').getByRole('link', { name: 'Orders' }).click()),
    );
    for (const tab of tabs) {
      await expect(tab.getByText('Accepted')).toBeVisible();
    }
    expect(refreshes).toHaveLength(1);
  });

  test('given wrong credentials, when a visitor logs in, then the error is next to its field', async ({
    page,
    user,
  }) => {
    await page.goto('/login');
    await submitLogIn(page, { ...user, password: 'not the password' });
    await expect(page.getByLabel('Password')).toHaveAccessibleDescription('Incorrect e-mail or password');
    await submitLogIn(page, { email: 'no address', password: 'not the password' });
    await expect(page.getByLabel('E-mail')).toHaveAccessibleDescription(
      'Please enter a valid e-mail address.',
    );
  });

  test('given a taken e-mail or a common password, when a visitor registers, then the error is next to its field', async ({
    page,
    user,
  }) => {
    await page.goto('/register');
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(page.getByLabel('E-mail')).toHaveAccessibleDescription('Please enter your e-mail.');
    await page.getByLabel('E-mail').fill(user.email);
    await page.getByLabel('Password').fill('quite a long sentence');
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(page.getByLabel('E-mail')).toHaveAccessibleDescription(
      'We cannot use this address. Already registered? Log in.',
    );
    await page.getByLabel('E-mail').fill(`new-${Date.now()}@example.com`);
    await page.getByLabel('Password').fill('password1');
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(page.getByLabel('Password')).toHaveAccessibleDescription(/most common passwords/);
  });

  test('given invalid data in the browser’s storage, when the shop is opened, then it is removed and nothing fails', async ({
    page,
  }) => {
    await page.goto('/');
    await page.evaluate(() => {
      for (const key of ['cart', 'theme', 'signed-in', 'log-out-owed']) {
        localStorage.setItem(key, '{"<invalid>":[');
      }
    });
    await page.reload();
    await expect(page.getByRole('button', { name: /^Add/ }).first()).toBeVisible();
    await expect(page.getByRole('link', { name: 'Log in' })).toBeVisible();
    await expect(page.getByRole('link', { name: 'Cart', exact: true })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Automatic' })).toHaveAttribute('aria-pressed', 'true');
    for (const key of ['signed-in', 'log-out-owed']) {
      await expect
        .poll(() => page.evaluate((name) => localStorage.getItem(name), key), { message: key })
        .toBeNull();
    }
  });
});

/** Makes the shop reject the current token. Returns the addresses of the requests that it rejects. */
async function rejectToken(context: BrowserContext, url: string): Promise<Set<string>> {
  const rejected = new Set<string>();
  let invalid: string | undefined;
  await context.route(url, async (route) => {
    const { authorization, ...headers } = route.request().headers();
    invalid ??= authorization;
    if (authorization === undefined || authorization !== invalid) {
      await route.continue();
      return;
    }
    rejected.add(route.request().url());
    await route.continue({ headers: { ...headers, authorization: `${invalid.slice(0, -8)}AAAAAAAA` } });
  });
  return rejected;
}
