import type { Page, Route } from '@playwright/test';
import {
  type Api,
  expect,
  openAdminProducts,
  openNoOrders,
  seedCartLines,
  seedUser,
  startSession,
  uniqueName,
} from './fixtures';

type PageState = {
  name: string;
  /** Console errors that belong to this state. */
  allowedConsole?: RegExp;
  /** No script runs that follows a change of the colour scheme. */
  isStatic?: true;
  /** Opens the page in this state. */
  open: (page: Page, api: Api) => Promise<void>;
};

/** Every page, in each state that looks different. */
export const pageStates: PageState[] = [
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
    isStatic: true,
    allowedConsole: /net::ERR_FAILED/,
    open: async (page) => {
      await page.route('**/assets/*.js', (route) => route.abort());
      await page.goto('/products/chair');
      await expect(page.getByRole('button', { name: 'Reload' })).toBeVisible();
    },
  },
  {
    name: 'no-results',
    open: (page) => openHeading(page, '/?q=qqqqqqqq', 'No results'),
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
    open: (page) => openHeading(page, '/products/no-such-thing', /We could not find/),
  },
  {
    name: 'cart-empty',
    open: (page) => openHeading(page, '/cart', 'Your cart is empty'),
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
    open: async (page, api) => openNoOrders(page, await api.newUser()),
  },
  {
    name: 'orders',
    open: async (page, api) => {
      await startSessionWithOrders(page, api);
      await page.goto('/orders');
      await expect(page.getByText('Accepted').first()).toBeVisible();
    },
  },
  {
    name: 'order',
    open: async (page, api) => {
      const id = await startSessionWithOrders(page, api);
      await page.goto(`/orders/${id}`);
      await expect(page.getByRole('heading', { name: 'Accepted' })).toBeVisible();
      await expect(page.locator('.order-line .product-picture')).toBeVisible();
    },
  },
  {
    name: 'order-pending',
    open: async (page, api) => {
      const id = await startSessionWithOrders(page, api);
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
      await startSession(page, seedUser('ccc@ccc.com'));
      await page.goto('/orders/73fefe4a1cad4140785928a4');
      await expect(page.getByRole('heading', { name: 'Rejected' })).toBeVisible();
      await expect(page.locator('.order-line .product-picture')).toBeVisible();
    },
  },
  {
    name: 'order-error',
    allowedConsole: /status of 503/,
    open: async (page, api) => {
      await startSession(page, await api.newUser());
      await page.route('**/api/orders/**', respondUnavailable);
      await openHeading(page, '/orders/73fefe4a1cad4140785928a4', 'We could not load this order');
    },
  },
  {
    name: 'no-access',
    open: async (page, api) => {
      await startSession(page, await api.newUser());
      await openHeading(page, '/admin/products', 'This page is for admins');
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
    open: async (page, api) => {
      await startSession(page, await api.newUser());
      await page.goto('/cart');
      await page.getByRole('button', { name: 'Account' }).click();
      await expect(page.getByRole('button', { name: 'Log out' })).toBeVisible();
    },
  },
  {
    name: 'not-found',
    allowedConsole: /status of 404/,
    open: (page) => openHeading(page, '/no/such/page', 'Page not found'),
  },
];

/** Opens a path, and waits for a heading. */
async function openHeading(page: Page, path: string, name: string | RegExp): Promise<void> {
  await page.goto(path);
  await expect(page.getByRole('heading', { name })).toBeVisible();
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

/** Logs in as a new user with two orders, and returns the id of the first. */
async function startSessionWithOrders(page: Page, api: Api): Promise<string> {
  const [user, product] = [await api.newUser(), await api.newProduct({ name: uniqueName('desk lamp') })];
  const id = await api.order(user, product.name, 2);
  await api.order(user, product.name, 1);
  await startSession(page, user);
  return id;
}
