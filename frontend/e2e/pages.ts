import type { Page, Route } from '@playwright/test';
import { type Api, expect, keepCart, logIn, logInAsAdmin, type Person, test, uniqueName } from './shop';

type Place = {
  name: string;
  /** What the shop answers to it that the browser complains of, because the page is about just that. */
  allowed?: RegExp;
  /** Brings the page there, with something to show. */
  open: (page: Page, api: Api, someone: Person) => Promise<void>;
};

/** Every page of the shop and its more telling states. */
const places: Place[] = [
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
      await drawn(page);
    },
  },
  {
    // With the banner that says so.
    name: 'catalogue-trouble',
    allowed: /status of 503/,
    open: async (page) => {
      await page.route('**/api/{products,categories}*', refuse);
      await page.goto('/');
      await expect(page.getByRole('heading', { name: 'The catalogue could not be loaded' })).toBeVisible();
      await expect(page.getByText('The catalogue is not answering just now.')).toBeVisible();
    },
  },
  {
    name: 'script-missing',
    allowed: /net::ERR_FAILED/,
    open: async (page) => {
      await page.route('**/assets/*.js', (route) => route.abort());
      await page.goto('/products/chair');
      await expect(page.getByRole('button', { name: 'Load again' })).toBeVisible();
    },
  },
  {
    name: 'nothing-found',
    open: async (page) => {
      await page.goto('/?q=qqqqqqqq');
      await expect(page.getByRole('heading', { name: 'Nothing matches' })).toBeVisible();
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
    name: 'product-gone',
    allowed: /status of 404/,
    open: async (page) => {
      await page.goto('/products/no-such-thing');
      await expect(page.getByRole('heading', { name: /We do not have/ })).toBeVisible();
    },
  },
  {
    name: 'cart-empty',
    open: async (page) => {
      await page.goto('/cart');
      await expect(page.getByRole('heading', { name: 'Your cart is empty' })).toBeVisible();
      await drawn(page);
    },
  },
  {
    name: 'cart',
    allowed: /status of 404/,
    open: async (page, api) => {
      const short = await api.newProduct({ quantity: 2 });
      const lines = [
        { name: 'chair', quantity: 2 },
        { name: short.name, quantity: 5 },
        { name: 'vanished', quantity: 1 },
      ];
      await keepCart(page, JSON.stringify({ version: 1, lines }));
      await page.goto('/cart');
      await expect(page.getByText(/There are only 2 left/)).toBeVisible();
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
    open: async (page, _api, someone) => {
      await logIn(page, someone);
      await page.goto('/orders');
      await expect(page.getByRole('heading', { name: 'No orders yet' })).toBeVisible();
    },
  },
  {
    name: 'orders',
    open: async (page, api, someone) => {
      await placeOrders(api, someone);
      await logIn(page, someone);
      await page.goto('/orders');
      await expect(page.getByText('Accepted').first()).toBeVisible();
    },
  },
  {
    name: 'order',
    open: async (page, api, someone) => {
      const [id = ''] = await placeOrders(api, someone);
      await logIn(page, someone);
      await page.goto(`/orders/${id}`);
      await expect(page.getByRole('heading', { name: 'Accepted' })).toBeVisible();
      await expect(page.locator('.order-line .product-picture')).toBeVisible();
    },
  },
  {
    name: 'order-pending',
    open: async (page, api, someone) => {
      const [id = ''] = await placeOrders(api, someone);
      await logIn(page, someone);
      // The shop decides too soon for a picture: its answer is shown as it was the moment before.
      await page.route(`**/api/orders/${id}`, async (route) => {
        const response = await route.fetch();
        const { decided_at, ...order } = await response.json();
        await route.fulfill({ response, json: { ...order, status: 'PENDING' } });
      });
      await page.goto(`/orders/${id}`);
      await expect(page.getByRole('heading', { name: 'Checking the stock' })).toBeVisible();
      await expect(page.locator('.order-line .product-picture')).toBeVisible();
    },
  },
  {
    name: 'order-rejected',
    open: async (page) => {
      await logIn(page, { email: 'ccc@ccc.com', password: 'ccc@ccc.com' });
      await page.goto('/orders/73fefe4a1cad4140785928a4');
      await expect(page.getByRole('heading', { name: 'Rejected' })).toBeVisible();
      await expect(page.locator('.order-line .product-picture')).toBeVisible();
    },
  },
  {
    name: 'order-trouble',
    allowed: /status of 503/,
    open: async (page, _api, someone) => {
      await logIn(page, someone);
      await page.route('**/api/orders/**', refuse);
      await page.goto('/orders/73fefe4a1cad4140785928a4');
      await expect(page.getByRole('heading', { name: 'This order could not be loaded' })).toBeVisible();
    },
  },
  {
    name: 'no-access',
    open: async (page, _api, someone) => {
      await logIn(page, someone);
      await page.goto('/admin/products');
      await expect(page.getByRole('heading', { name: 'This page is for admins' })).toBeVisible();
    },
  },
  {
    name: 'admin-products',
    open: async (page) => {
      await logInAsAdmin(page);
      await page.goto('/admin/products');
      await expect(page.getByRole('table')).toBeVisible();
    },
  },
  {
    name: 'admin-new-product',
    open: async (page) => {
      await logInAsAdmin(page);
      await page.goto('/admin/products');
      await page.getByRole('button', { name: 'New product' }).click();
      await page.getByRole('button', { name: 'Add product' }).click();
      await expect(page.getByText('Please enter a name.')).toBeVisible();
    },
  },
  {
    name: 'admin-categories',
    open: async (page) => {
      await logInAsAdmin(page);
      await page.goto('/admin/products');
      await page.getByText(/^Categories \(/).click();
      await expect(page.getByLabel('New category')).toBeVisible();
    },
  },
  {
    name: 'admin-edit',
    open: async (page) => {
      await logInAsAdmin(page);
      await page.goto('/admin/products');
      await page.getByRole('searchbox', { name: 'Search products' }).fill('chair');
      await page.getByRole('button', { name: 'Edit Chair', exact: true }).click();
      await expect(page.getByRole('dialog', { name: 'Edit Chair' })).toBeVisible();
    },
  },
  {
    name: 'admin-restock',
    open: async (page) => {
      await logInAsAdmin(page);
      await page.goto('/admin/products');
      await page.getByRole('searchbox', { name: 'Search products' }).fill('chair');
      await page.getByRole('button', { name: 'Restock Chair', exact: true }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Restock' }).click();
      await expect(page.getByText('Please enter a whole number, such as 10 or -3.')).toBeVisible();
    },
  },
  {
    name: 'account-menu',
    open: async (page, _api, someone) => {
      await logIn(page, someone);
      await page.getByRole('button', { name: 'Account' }).click();
      await expect(page.getByRole('button', { name: 'Log out' })).toBeVisible();
    },
  },
  {
    name: 'not-found',
    allowed: /status of 404/,
    open: async (page) => {
      await page.goto('/no/such/page');
      await expect(page.getByRole('heading', { name: 'There is no such page' })).toBeVisible();
      await drawn(page);
    },
  },
];

/** Describes each place apart, with what the browser may complain of there. */
export function forEachPlace(describe: (place: Place) => void): void {
  for (const place of places) {
    test.describe(place.name, () => {
      test.use({ allowed: place.allowed ?? /(?!)/ });
      describe(place);
    });
  }
}

/** The heading is there before the script; the footer comes with the whole page. */
async function drawn(page: Page): Promise<void> {
  await expect(page.getByRole('contentinfo')).toBeVisible();
}

/** As the gateway does while a part of the shop is away. */
async function refuse(route: Route): Promise<void> {
  const problem = {
    type: '/problems/unavailable',
    title: 'Unavailable',
    status: 503,
    detail: 'Service unavailable!',
  };
  await route.fulfill({ status: 503, contentType: 'application/problem+json', json: problem });
}

async function placeOrders(api: Api, someone: Person): Promise<string[]> {
  const product = await api.newProduct({ name: uniqueName('desk lamp') });
  return [await api.order(someone, product.name, 2), await api.order(someone, product.name, 1)];
}
