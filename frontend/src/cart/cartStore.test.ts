import { beforeEach, describe, expect, it, vi } from 'vitest';

const chairs = [{ name: 'chair', quantity: 2 }];

/** Each tab has its own page, and all have one storage. */
async function newTab() {
  vi.resetModules();
  return (await import('./cartStore')).cartStore;
}

beforeEach(() => localStorage.setItem('cart', JSON.stringify({ version: 1, lines: chairs })));

describe('the key of an order', () => {
  it('given two tabs with one cart, when both order it, then both send the same key', async () => {
    const [one, other] = [await newTab(), await newTab()];
    expect(one.orderKey('a@a.com', chairs)).toMatch(/^[0-9a-f-]{36}$/);
    expect(other.orderKey('a@a.com', chairs)).toBe(one.orderKey('a@a.com', chairs));
  });

  it('given an order without an answer, when the tab is closed and the shop opened again, then the key is the same', async () => {
    const key = (await newTab()).orderKey('a@a.com', chairs);
    sessionStorage.clear();
    expect((await newTab()).orderKey('a@a.com', chairs)).toBe(key);
  });

  it('given a cart that is emptied and filled again with the same, when it is ordered, then it is a new order', async () => {
    const store = await newTab();
    const first = store.orderKey('a@a.com', chairs);
    store.change(() => []);
    store.change(() => chairs);
    expect(store.orderKey('a@a.com', chairs)).not.toBe(first);
  });

  it('given a change that changes nothing, when the cart is ordered, then the key is the same', async () => {
    const store = await newTab();
    const first = store.orderKey('a@a.com', chairs);
    store.change((cart) => [...cart]);
    expect(store.orderKey('a@a.com', chairs)).toBe(first);
  });

  it('given another tab that has ordered the cart, when this one orders it too, then there is no key for it', async () => {
    const [one, other] = [await newTab(), await newTab()];
    one.change(() => []);
    expect(other.orderKey('a@a.com', chairs)).toBeNull();
    expect(other.cart()).toEqual([]);
  });

  it('given another buyer or a refusal, when the cart is ordered, then it has another key', async () => {
    const store = await newTab();
    const first = store.orderKey('a@a.com', chairs);
    const second = store.orderKey('b@b.com', chairs);
    store.forgetOrderKey();
    expect(new Set([first, second, store.orderKey('b@b.com', chairs)]).size).toBe(3);
  });
});

describe('the storage', () => {
  it('given lines that cannot be understood, when the shop is opened, then what is understood is written back', async () => {
    localStorage.setItem('cart', JSON.stringify({ version: 1, lines: [...chairs, { name: 3 }] }));
    await newTab();
    expect(JSON.parse(localStorage.getItem('cart') ?? '')).toEqual({ version: 1, lines: chairs });
  });

  it('given storage that is forbidden, when the cart is filled and ordered, then it lasts as long as the page', async () => {
    for (const call of ['getItem', 'setItem'] as const) {
      vi.spyOn(Storage.prototype, call).mockImplementation(() => {
        throw new DOMException('forbidden', 'SecurityError');
      });
    }
    const store = await newTab();
    store.change(() => chairs);
    expect(store.cart()).toEqual(chairs);
    expect(store.orderKey('a@a.com', chairs)).toBe(store.orderKey('a@a.com', chairs));
  });
});
