import type { Page, Route } from '@playwright/test';
import {
  type Api,
  expect,
  logIn,
  openAdminProducts,
  seedCartLines,
  seedUser,
  test,
  type User,
  uniqueName,
} from './fixtures';

type PageState = {
  name: string;
  /** Console errors that belong to this state. */
  allowedConsole?: RegExp;
  /** Opens the page in this state. */
  open: (page: Page, api: Api, user: User) => Promise<void>;
};

/** Every page, in each state that looks different. */
const pageStates: PageState[] = [
  {
    name: 'catalogue',
    open: async (page) => {
      await page.goto('/');
      await expect(page.getByRole('main').getByRole('listitem').first().getByRole('heading')).toBeVisible();
    },
  },
  {
    name: 'catalogue-loading',
    open: async (page) => {
      await page.route('**/api/products*', () => undefined);
      await page.goto('/');
      await expect(page.getByText('Loading the catalogue…')).toBeVisible();
      await waitUntilRendered(page);
    },
  },
  {
    name: 'catalogue-error',
    allowedConsole: /status of 503/,
    open: async (page) => {
      await page.route('**/api/{products,categories}*', respondUnavailable);
      await page.goto('/');
      await expect(page.getByRole('heading', { name: 'We could not load the catalogue' })).toBeVisible();
      await expect(page.getByText('The catalogue is unavailable right now.')).toBeVisible();
    },
  },
  {
    name: 'load-failed',
    allowedConsole: /net::ERR_FAILED/,
    open: async (page) => {
      await page.route('**/assets/*.js', (route) => route.abort());
      await page.goto('/products/chair');
      await expect(page.getByRole('button', { name: 'Reload' })).toBeVisible();
    },
  },
  {
    name: 'no-results',
    open: async (page) => {
      await page.goto('/?q=qqqqqqqq');
      await expect(page.getByRole('heading', { name: 'No results' })).toBeVisible();
    },
  },
  {
    name: 'product',
    open: async (page) => {
      await page.goto('/products/chair');
      await expect(page.getByRole('button', { name: 'Add to cart' })).toBeVisible();
    },
  },
  {
    name: 'product-not-found',
    allowedConsole: /status of 404/,
    open: async (page) => {
      await page.goto('/products/no-such-thing');
      await expect(page.getByRole('heading', { name: /We could not find/ })).toBeVisible();
    },
  },
  {
    name: 'cart-empty',
    open: async (page) => {
      await page.goto('/cart');
      await expect(page.getByRole('heading', { name: 'Your cart is empty' })).toBeVisible();
      await waitUntilRendered(page);
    },
  },
  {
    name: 'cart',
    allowedConsole: /status of 404/,
    open: async (page, api) => {
      const short = await api.newProduct({ quantity: 2 });
      await seedCartLines(page, [
        { name: 'chair', quantity: 2 },
        { name: short.name, quantity: 5 },
        { name: 'vanished', quantity: 1 },
      ]);
      await page.goto('/cart');
      await expect(page.getByText(/We have only 2 of/)).toBeVisible();
    },
  },
  {
    name: 'log-in',
    open: async (page) => {
      await page.goto('/login');
      await page.getByRole('main').getByRole('button', { name: 'Log in' }).click();
      await expect(page.getByText('Please enter your e-mail.')).toBeVisible();
    },
  },
  {
    name: 'register',
    open: async (page) => {
      await page.goto('/register');
      await expect(page.getByLabel('E-mail')).toBeVisible();
    },
  },
  {
    name: 'orders-empty',
    open: async (page, _api, user) => {
      await logIn(page, user);
      await page.goto('/orders');
      await expect(page.getByRole('heading', { name: 'No orders yet' })).toBeVisible();
    },
  },
  {
    name: 'orders',
    open: async (page, api, user) => {
      await placeOrders(api, user);
      await logIn(page, user);
      await page.goto('/orders');
      await expect(page.getByText('Accepted').first()).toBeVisible();
    },
  },
  {
    name: 'order',
    open: async (page, api, user) => {
      const [id = ''] = await placeOrders(api, user);
      await logIn(page, user);
      await page.goto(`/orders/${id}`);
      await expect(page.getByRole('heading', { name: 'Accepted' })).toBeVisible();
      await expect(page.locator('.order-line .product-picture')).toBeVisible();
    },
  },
  {
    name: 'order-pending',
    open: async (page, api, user) => {
      const [id = ''] = await placeOrders(api, user);
      await logIn(page, user);
      // The shop decides within milliseconds, so the response is changed back to the pending order.
      await page.route(`**/api/orders/${id}`, async (route) => {
        const response = await route.fetch();
        const { decided_at, ...order } = await response.json();
        await route.fulfill({ response, json: { ...order, status: 'PENDING' } });
      });
      await page.goto(`/orders/${id}`);
      await expect(page.getByRole('heading', { name: 'Checking stock' })).toBeVisible();
      await expect(page.locator('.order-line .product-picture')).toBeVisible();
    },
  },
  {
    name: 'order-rejected',
    open: async (page) => {
      await logIn(page, seedUser('ccc@ccc.com'));
      await page.goto('/orders/73fefe4a1cad4140785928a4');
      await expect(page.getByRole('heading', { name: 'Rejected' })).toBeVisible();
      await expect(page.locator('.order-line .product-picture')).toBeVisible();
    },
  },
  {
    name: 'order-error',
    allowedConsole: /status of 503/,
    open: async (page, _api, user) => {
      await logIn(page, user);
      await page.route('**/api/orders/**', respondUnavailable);
      await page.goto('/orders/73fefe4a1cad4140785928a4');
      await expect(page.getByRole('heading', { name: 'We could not load this order' })).toBeVisible();
    },
  },
  {
    name: 'no-access',
    open: async (page, _api, user) => {
      await logIn(page, user);
      await page.goto('/admin/products');
      await expect(page.getByRole('heading', { name: 'This page is for admins' })).toBeVisible();
    },
  },
  {
    name: 'admin-products',
    open: async (page) => {
      await openAdminProducts(page);
      await expect(page.getByRole('table')).toBeVisible();
    },
  },
  {
    name: 'admin-new-product',
    open: async (page) => {
      await openAdminProducts(page);
      await page.getByRole('button', { name: 'New product' }).click();
      await page.getByRole('button', { name: 'Add product' }).click();
      await expect(page.getByText('Please enter a name.')).toBeVisible();
    },
  },
  {
    name: 'admin-categories',
    open: async (page) => {
      await openAdminProducts(page);
      await page.getByText(/^Categories \(/).click();
      await expect(page.getByLabel('New category')).toBeVisible();
    },
  },
  {
    name: 'admin-edit',
    open: async (page) => {
      await openAdminProducts(page, 'chair');
      await page.getByRole('button', { name: 'Edit Chair', exact: true }).click();
      await expect(page.getByRole('dialog', { name: 'Edit Chair' })).toBeVisible();
    },
  },
  {
    name: 'admin-restock',
    open: async (page) => {
      await openAdminProducts(page, 'chair');
      await page.getByRole('button', { name: 'Restock Chair', exact: true }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Restock' }).click();
      await expect(page.getByText('Please enter a whole number, such as 10 or -3.')).toBeVisible();
    },
  },
  {
    name: 'account-menu',
    open: async (page, _api, user) => {
      await logIn(page, user);
      await page.getByRole('button', { name: 'Account' }).click();
      await expect(page.getByRole('button', { name: 'Log out' })).toBeVisible();
    },
  },
  {
    name: 'not-found',
    allowedConsole: /status of 404/,
    open: async (page) => {
      await page.goto('/no/such/page');
      await expect(page.getByRole('heading', { name: 'Page not found' })).toBeVisible();
      await waitUntilRendered(page);
    },
  },
];

/** Describes each state in a separate group, with the console errors that it allows. */
export function forEachPage(describe: (state: PageState) => void): void {
  for (const state of pageStates) {
    test.describe(state.name, () => {
      test.use({ allowedConsole: state.allowedConsole ?? /(?!)/ });
      describe(state);
    });
  }
}

/** The shell has the heading already; the footer appears when React has rendered. */
async function waitUntilRendered(page: Page): Promise<void> {
  await expect(page.getByRole('contentinfo')).toBeVisible();
}

/** Responds like the gateway while a service is down. */
async function respondUnavailable(route: Route): Promise<void> {
  const problem = {
    type: '/problems/unavailable',
    title: 'Unavailable',
    status: 503,
    detail: 'Service unavailable!',
  };
  await route.fulfill({ status: 503, contentType: 'application/problem+json', json: problem });
}

async function placeOrders(api: Api, user: User): Promise<string[]> {
  const product = await api.newProduct({ name: uniqueName('desk lamp') });
  return [await api.order(user, product.name, 2), await api.order(user, product.name, 1)];
}
