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

const admin: User = {
  email: process.env['ADMIN_EMAIL'] ?? 'admin@admin.com',
  password: process.env['ADMIN_PASSWORD'] ?? 'admin@admin.com',
};

type Fixtures = {
  /** Console errors and warnings that this test expects. Any other fails it. */
  allowedConsole: RegExp;
  /** Collects the console messages of a browser context until the test ends. */
  watchConsole: (context: BrowserContext) => void;
  api: Api;
  user: User;
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
});

export { expect };

/** Calls the shop's API to set up a test. */
export class Api {
  readonly #request: APIRequestContext;
  readonly #tokens = new Map<string, string>();

  constructor(request: APIRequestContext) {
    this.#request = request;
  }

  async newUser(): Promise<User> {
    const user = { email: `e2e-${randomUUID()}@example.com`, password: `pass ${randomUUID()}` };
    const response = await this.#request.post('/api/register', { data: user });
    expect(response.status()).toBe(201);
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
    const response = await this.#request.post('/api/products', {
      headers: await this.#authorization(admin),
      data: { product },
    });
    expect(response.status()).toBe(201);
    return product;
  }

  /** Creates products that only a search for the returned family finds, named "family 1", "family 2", … */
  async newFamily(
    count: number,
    fieldsOf: (number: number, name: string) => Partial<NewProduct> = () => ({}),
  ): Promise<string> {
    const family = uniqueName('family').replaceAll(' ', '');
    for (let number = 1; number <= count; number += 1) {
      const name = `${family} ${number}`;
      await this.newProduct({ name, ...fieldsOf(number, name) });
    }
    return family;
  }

  async restock(name: string, quantity: number): Promise<void> {
    const response = await this.#request.patch('/api/products', {
      headers: await this.#authorization(admin),
      params: { name },
      data: { add_quantity: quantity },
    });
    expect(response.status()).toBe(200);
  }

  /** Places an order. Retries, because it takes up to a second until a new product can be ordered. */
  async order(user: User, name: string, quantity: number): Promise<string> {
    const headers = await this.#authorization(user);
    let id = '';
    await expect(async () => {
      const response = await this.#request.post('/api/orders', {
        headers,
        data: { products: [{ name, quantity }] },
      });
      expect(response.status()).toBe(201);
      ({ id } = (await response.json()) as { id: string });
    }).toPass({ timeout: 5000 });
    return id;
  }

  async ordersOf(user: User): Promise<{ id: string; status: string }[]> {
    const response = await this.#request.get('/api/orders', { headers: await this.#authorization(user) });
    const { orders } = (await response.json()) as { orders: { id: string; status: string }[] };
    return orders;
  }

  async #authorization(user: User): Promise<{ Authorization: string }> {
    return { Authorization: `Bearer ${await this.#tokenOf(user)}` };
  }

  async #tokenOf(user: User): Promise<string> {
    const known = this.#tokens.get(user.email);
    if (known !== undefined) {
      return known;
    }
    const response = await this.#request.post('/api/login', { data: user });
    expect(response.status()).toBe(200);
    const { access_token } = (await response.json()) as { access_token: string };
    this.#tokens.set(user.email, access_token);
    return access_token;
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

export async function logOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Account' }).click();
  await page.getByRole('button', { name: 'Log out' }).click();
  await expect(page.getByRole('link', { name: 'Log in' })).toBeVisible();
}

export async function logInAsAdmin(page: Page): Promise<void> {
  await logIn(page, admin);
}

/** Opens the admin page, and searches for products there. */
export async function openAdminProducts(page: Page, search = ''): Promise<void> {
  await logInAsAdmin(page);
  await page.goto('/admin/products');
  if (search !== '') {
    await page.getByRole('searchbox', { name: 'Search products' }).fill(search);
  }
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
  await logIn(page, user);
  await addToCart(page, name, quantity);
  await page.goto('/cart');
}

/** Stores the cart of an earlier visit before the page is loaded. */
export async function seedCart(page: Page, text: string): Promise<void> {
  await page.addInitScript((stored) => {
    if (sessionStorage.getItem('is-seeded') === null) {
      sessionStorage.setItem('is-seeded', 'yes');
      localStorage.setItem('cart', stored);
    }
  }, text);
}

export async function seedCartLines(page: Page, lines: { name: string; quantity: number }[]): Promise<void> {
  await seedCart(page, JSON.stringify({ version: 1, lines }));
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
