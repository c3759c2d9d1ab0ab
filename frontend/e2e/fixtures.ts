import { randomUUID } from 'node:crypto';
import {
  type APIRequestContext,
  type BrowserContext,
  test as base,
  expect,
  type Page,
} from '@playwright/test';

export type User = { email: string; password: string };
export type NewProduct = {
  name: string;
  description: string;
  price: number;
  quantity: number;
  categories: string[];
};

/** A user of the development data. */
export const seedUser = (email: string): User => ({ email, password: email });

export const admin: User = {
  email: process.env['ADMIN_EMAIL'] ?? 'admin@admin.com',
  password: process.env['ADMIN_PASSWORD'] ?? 'admin@admin.com',
};

type Fixtures = {
  /** Console errors and warnings that this test expects. Any other fails it. */
  allowedConsole: RegExp;
  /** Collects the console messages of a browser context until the test ends. */
  watchConsole: (context: BrowserContext) => void;
  api: Api;
  /** A new user. */
  user: User;
  /** A new product with the default fields. */
  product: NewProduct;
  /** The user, after ordering the product. */
  buyer: User;
  /** A page of a second browser context, for a second session. */
  otherBrowser: Page;
};

export const test = base.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the pattern to know what a fixture needs
  allowedConsole: async ({}, use) => use(/(?!)/),
  watchConsole: [
    async ({ context, allowedConsole }, use) => {
      const messages: string[] = [];
      const watch = (watched: BrowserContext) => {
        watched.on('console', (message) => {
          if (['error', 'warning'].includes(message.type())) {
            messages.push(`${message.type()}: ${message.text()}`);
          }
        });
        watched.on('weberror', (error) => messages.push(`uncaught: ${error.error().message}`));
      };
      watch(context);
      await use(watch);
      expect(messages.filter((message) => !allowedConsole.test(message))).toEqual([]);
    },
    { auto: true },
  ],
  otherBrowser: async ({ browser, watchConsole }, use) => {
    const context = await browser.newContext();
    watchConsole(context);
    await use(await context.newPage());
    await context.close();
  },
  api: async ({ request }, use) => use(new Api(request)),
  user: async ({ api }, use) => use(await api.newUser()),
  product: async ({ api }, use) => use(await api.newProduct()),
  buyer: async ({ api, product, user }, use) => {
    await api.order(user, product.name, 1);
    await use(user);
  },
});

export { expect };

type RequestOptions = Parameters<APIRequestContext['fetch']>[1];
type Orders = { orders: { id: string; status: string }[] };

/** Calls the shop's API to set up a test. */
export class Api {
  readonly #request: APIRequestContext;
  readonly #tokens = new Map<string, Promise<string>>();

  constructor(request: APIRequestContext) {
    this.#request = request;
  }

  async newUser(): Promise<User> {
    const user = { email: `e2e-${randomUUID()}@example.com`, password: `pass ${randomUUID()}` };
    await this.#send(201, 'POST', '/api/register', { data: user });
    return user;
  }

  async newProduct(fields: Partial<NewProduct> = {}): Promise<NewProduct> {
    const product = {
      name: uniqueName('thing'),
      description: 'Made by a test.',
      price: 12.5,
      quantity: 20,
      categories: ['furniture'],
      ...fields,
    };
    const headers = await this.#authorization(admin);
    await this.#send(201, 'POST', '/api/products', { headers, data: { product } });
    return product;
  }

  /** Creates products that only a search for the returned family finds, named "family 1", "family 2", … */
  async newFamily(
    count: number,
    fieldsOf: (number: number, name: string) => Partial<NewProduct> = () => ({}),
  ): Promise<string> {
    const family = uniqueName('family').replaceAll(' ', '');
    await Promise.all(
      Array.from({ length: count }, (_, index) => {
        const name = `${family} ${index + 1}`;
        return this.newProduct({ name, ...fieldsOf(index + 1, name) });
      }),
    );
    return family;
  }

  async restock(name: string, quantity: number): Promise<void> {
    const headers = await this.#authorization(admin);
    const data = { add_quantity: quantity };
    await this.#send(200, 'PATCH', '/api/products', { headers, params: { name }, data });
  }

  /** Places an order. Retries, because it takes up to a second until a new product can be ordered. */
  async order(user: User, name: string, quantity: number): Promise<string> {
    const headers = await this.#authorization(user);
    const data = { products: [{ name, quantity }] };
    let id = '';
    await expect(async () => {
      ({ id } = await this.#send<{ id: string }>(201, 'POST', '/api/orders', { headers, data }));
    }).toPass({ timeout: 5000 });
    return id;
  }

  async ordersOf(user: User): Promise<{ id: string; status: string }[]> {
    const headers = await this.#authorization(user);
    const { orders } = await this.#send<Orders>(200, 'GET', '/api/orders', { headers });
    return orders;
  }

  async #authorization(user: User): Promise<{ Authorization: string }> {
    const token = this.#tokens.get(user.email) ?? this.#logIn(user);
    this.#tokens.set(user.email, token);
    return { Authorization: `Bearer ${await token}` };
  }

  async #logIn(user: User): Promise<string> {
    const response = await this.#send<{ access_token: string }>(200, 'POST', '/api/login', { data: user });
    return response.access_token;
  }

  /** Sends a request, expects a status, and returns the body. */
  async #send<Body>(status: number, method: string, path: string, options: RequestOptions): Promise<Body> {
    const response = await this.#request.fetch(path, { method, ...options });
    expect(response.status()).toBe(status);
    return response.json();
  }
}

export function uniqueName(prefix: string): string {
  return `${prefix} ${randomUUID().slice(0, 8)}`;
}

export function displayName(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** Logs in with the form of the current page. */
export async function submitLogIn(page: Page, { email, password }: User): Promise<void> {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('main').getByRole('button', { name: 'Log in' }).click();
}

export async function logIn(page: Page, user: User, origin = ''): Promise<void> {
  await page.goto(`${origin}/login`);
  await submitLogIn(page, user);
  await expect(page.getByRole('button', { name: 'Account' })).toBeVisible();
}

/** Opens an empty page, on which a test can set the cookies and the storage of the shop. */
async function openBlankPage(page: Page): Promise<void> {
  // Without an icon, the browser would request one.
  const body = '<link rel="icon" href="data:,">';
  await page.route('**/blank', (route) => route.fulfill({ contentType: 'text/html', body }));
  await page.goto('/blank');
}

/** Logs in faster than `logIn`, without the form. The next page that is opened restores the session. */
export async function startSession(page: Page, user: User): Promise<void> {
  await openBlankPage(page);
  const status = await page.evaluate(async (credentials) => {
    const body = JSON.stringify({ ...credentials, session: 'cookie' });
    const headers = { 'Content-Type': 'application/json' };
    const response = await fetch('/api/login', { method: 'POST', headers, body });
    localStorage.setItem('signed-in', '1');
    return response.status;
  }, user);
  expect(status).toBe(200);
}

export async function logOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Account' }).click();
  await page.getByRole('button', { name: 'Log out' }).click();
  await expect(page.getByRole('link', { name: 'Log in' })).toBeVisible();
}

/** Opens the admin page, and searches for products there. */
export async function openAdminProducts(page: Page, search = ''): Promise<void> {
  await startSession(page, admin);
  await page.goto('/admin/products');
  await page.getByRole('searchbox', { name: 'Search products' }).fill(search);
}

export async function addToCart(page: Page, name: string, quantity = 1): Promise<void> {
  await page.goto(`/products/${encodeURIComponent(name)}`);
  const input = page.getByRole('textbox', { name: /^Quantity/ });
  await input.fill(String(quantity));
  await input.blur();
  await page.getByRole('button', { name: 'Add to cart' }).click();
  await expect(page.getByText(/added to your cart/)).toBeVisible();
}

/** Logs in, adds a product to the cart, and opens the cart. */
export async function openFilledCart(page: Page, user: User, name: string, quantity = 1): Promise<void> {
  await startSession(page, user);
  await addToCart(page, name, quantity);
  await page.goto('/cart');
}

/** Stores the cart of an earlier visit. */
export async function seedCart(page: Page, text: string): Promise<void> {
  await openBlankPage(page);
  await page.evaluate((stored) => localStorage.setItem('cart', stored), text);
}

export async function seedCartLines(page: Page, lines: { name: string; quantity: number }[]): Promise<void> {
  await seedCart(page, JSON.stringify({ version: 1, lines }));
}

/** Opens the orders of a user who has none. */
export async function openNoOrders(page: Page, user: User): Promise<void> {
  await startSession(page, user);
  await page.goto('/orders');
  await expect(page.getByRole('heading', { name: 'No orders yet' })).toBeVisible();
}

/** The refresh requests from now on, one entry each. */
export function watchRefreshes(context: BrowserContext): string[] {
  const refreshes: string[] = [];
  context.on('request', (request) => request.url().endsWith('/api/refresh') && refreshes.push(request.url()));
  return refreshes;
}

export function statusBadge(page: Page, label: 'Pending' | 'Accepted' | 'Rejected') {
  return page.getByRole('main').locator('.status', { hasText: label });
}
