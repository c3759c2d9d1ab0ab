import { randomUUID } from 'node:crypto';
import {
  type APIRequestContext,
  type BrowserContext,
  test as base,
  expect,
  type Page,
} from '@playwright/test';

export type Person = { email: string; password: string };
export type NewProduct = {
  name: string;
  description: string;
  price: number;
  quantity: number;
  categories: string[];
};

export const admin: Person = {
  email: process.env['ADMIN_EMAIL'] ?? 'admin@admin.com',
  password: process.env['ADMIN_PASSWORD'] ?? 'admin@admin.com',
};

type Fixtures = {
  /** What the browser may complain of in this test; anything else fails it. */
  allowed: RegExp;
  /** Listens to what a browser complains of, until the test ends. */
  listen: (context: BrowserContext) => void;
  api: Api;
  someone: Person;
  /** A page of another browser, where somebody else may be logged in. */
  elsewhere: Page;
};

export const test = base.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the pattern to know what a fixture needs
  allowed: async ({}, use) => use(/(?!)/),
  listen: [
    async ({ context, allowed }, use) => {
      const heard: string[] = [];
      const listen = (to: BrowserContext) => {
        to.on('console', (message) => {
          if (['error', 'warning'].includes(message.type())) {
            heard.push(`${message.type()}: ${message.text()}`);
          }
        });
        to.on('weberror', (error) => heard.push(`uncaught: ${error.error().message}`));
      };
      listen(context);
      await use(listen);
      expect(heard.filter((line) => !allowed.test(line))).toEqual([]);
    },
    { auto: true },
  ],
  elsewhere: async ({ browser, listen }, use) => {
    const context = await browser.newContext();
    listen(context);
    await use(await context.newPage());
    await context.close();
  },
  api: async ({ request }, use) => use(new Api(request)),
  someone: async ({ api }, use) => use(await api.newPerson()),
});

export { expect };

/** The same calls that any client makes, for what a test needs beforehand. */
export class Api {
  readonly #request: APIRequestContext;
  readonly #tokens = new Map<string, string>();

  constructor(request: APIRequestContext) {
    this.#request = request;
  }

  async newPerson(): Promise<Person> {
    const person = { email: `e2e-${randomUUID()}@example.com`, password: `pass ${randomUUID()}` };
    const answer = await this.#request.post('/api/register', { data: person });
    expect(answer.status()).toBe(201);
    return person;
  }

  async tokenOf(person: Person): Promise<string> {
    const known = this.#tokens.get(person.email);
    if (known !== undefined) {
      return known;
    }
    const answer = await this.#request.post('/api/login', { data: person });
    expect(answer.status()).toBe(200);
    const { access_token } = (await answer.json()) as { access_token: string };
    this.#tokens.set(person.email, access_token);
    return access_token;
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
    const answer = await this.#request.post('/api/products', {
      headers: await this.#signed(admin),
      data: { product },
    });
    expect(answer.status()).toBe(201);
    return product;
  }

  async restock(name: string, pieces: number): Promise<void> {
    const answer = await this.#request.patch('/api/products', {
      headers: await this.#signed(admin),
      params: { name },
      data: { add_quantity: pieces },
    });
    expect(answer.status()).toBe(200);
  }

  /** Orders as soon as the product can be ordered: a new one is known everywhere within a second. */
  async order(person: Person, name: string, quantity: number): Promise<string> {
    const headers = await this.#signed(person);
    let id = '';
    await expect(async () => {
      const answer = await this.#request.post('/api/orders', {
        headers,
        data: { products: [{ name, quantity }] },
      });
      expect(answer.status()).toBe(201);
      ({ id } = (await answer.json()) as { id: string });
    }).toPass({ timeout: 5000 });
    return id;
  }

  async ordersOf(person: Person): Promise<{ id: string; status: string }[]> {
    const answer = await this.#request.get('/api/orders', { headers: await this.#signed(person) });
    const { orders } = (await answer.json()) as { orders: { id: string; status: string }[] };
    return orders;
  }

  async #signed(person: Person): Promise<{ Authorization: string }> {
    return { Authorization: `Bearer ${await this.tokenOf(person)}` };
  }
}

export function uniqueName(what: string): string {
  return `${what} ${randomUUID().slice(0, 8)}`;
}

export function titled(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

export async function logIn(page: Page, person: Person, shop = ''): Promise<void> {
  await page.goto(`${shop}/login`);
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByLabel('Password').fill(person.password);
  await page.getByRole('main').getByRole('button', { name: 'Log in' }).click();
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

/** Puts a product into the cart as a shopper would. */
export async function putIntoCart(page: Page, name: string, pieces = 1): Promise<void> {
  await page.goto(`/products/${encodeURIComponent(name)}`);
  const quantity = page.getByRole('textbox', { name: /^Quantity/ });
  await quantity.fill(String(pieces));
  await quantity.blur();
  await page.getByRole('button', { name: 'Add to cart' }).click();
  await expect(page.getByText(/added to your cart/)).toBeVisible();
}

/** What an earlier visit, or somebody else, has left in the browser's storage as the cart. */
export async function keepCart(page: Page, text: string): Promise<void> {
  await page.addInitScript((kept) => {
    if (sessionStorage.getItem('kept') === null) {
      sessionStorage.setItem('kept', 'yes');
      localStorage.setItem('cart', kept);
    }
  }, text);
}

export function status(page: Page, word: 'Pending' | 'Accepted' | 'Rejected') {
  return page.getByRole('main').locator('.status', { hasText: word });
}
