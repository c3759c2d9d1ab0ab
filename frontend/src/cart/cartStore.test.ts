import { beforeEach, describe, expect, it, vi } from 'vitest';

const chairs = [{ name: 'chair', quantity: 2 }];

/** Each tab has its own modules, and all share one storage. */
async function newTab() {
  vi.resetModules();
  return (await import('./cartStore')).cartStore;
}

beforeEach(() => localStorage.setItem('cart', JSON.stringify({ version: 1, lines: chairs })));

describe('the Idempotency-Key of an order', () => {
  it('given two tabs with one cart, when both order it, then both send the same key', async () => {
    const [one, other] = [await newTab(), await newTab()];
    expect(one.orderKey(chairs)).toMatch(/^[0-9a-f-]{36}$/);
    expect(other.orderKey(chairs)).toBe(one.orderKey(chairs));
  });

  it('given two tabs that order at the same time, when neither has seen the other, then both send the same key', async () => {
    const [one, other] = [await newTab(), await newTab()];
    const before = localStorage.getItem('cart') ?? '';
    const key = one.orderKey(chairs);
    localStorage.setItem('cart', before);
    expect(other.orderKey(chairs)).toBe(key);
  });

  it('given an order without a response, when the tab is closed and the shop opened again, then the key is the same', async () => {
    const key = (await newTab()).orderKey(chairs);
    sessionStorage.clear();
    expect((await newTab()).orderKey(chairs)).toBe(key);
  });

  it('given a cart that is emptied and filled again with the same, when it is ordered, then it is a new order', async () => {
    const store = await newTab();
    const first = store.orderKey(chairs);
    store.change(() => []);
    store.change(() => chairs);
    expect(store.orderKey(chairs)).not.toBe(first);
  });

  it('given a change without effect, when the cart is ordered, then the key is the same', async () => {
    const store = await newTab();
    const first = store.orderKey(chairs);
    store.change((cart) => [...cart]);
    expect(store.orderKey(chairs)).toBe(first);
  });

  it('given another tab that has ordered the cart, when this one orders it too, then there is no key for it', async () => {
    const [one, other] = [await newTab(), await newTab()];
    one.change(() => []);
    expect(other.orderKey(chairs)).toBeNull();
    expect(other.cart()).toEqual([]);
  });

  it('given a refusal, when the cart is ordered again, then it has a new key', async () => {
    const store = await newTab();
    const first = store.orderKey(chairs);
    store.replaceKey('the key of another order');
    expect(store.orderKey(chairs)).toBe(first);
    store.replaceKey(first ?? '');
    expect(store.orderKey(chairs)).not.toBe(first);
    expect(store.cart()).toEqual(chairs);
  });
});

describe('an ordered cart', () => {
  it('given an order that two tabs have placed, when the same items were added again meanwhile, then they stay', async () => {
    const [one, other] = [await newTab(), await newTab()];
    const key = one.orderKey(chairs) ?? '';
    one.removeOrdered(chairs, key);
    one.change(() => chairs);
    other.removeOrdered(chairs, key);
    expect(other.cart()).toEqual(chairs);
    const next = other.orderKey(chairs) ?? '';
    other.removeOrdered(chairs, next);
    expect(one.orderKey([])).toBe(other.orderKey([]));
    expect(one.cart()).toEqual([]);
  });
});

describe('the storage', () => {
  it('given invalid lines, when the shop is opened, then only the valid lines are written back', async () => {
    localStorage.setItem('cart', JSON.stringify({ version: 1, lines: [...chairs, { name: 3 }] }));
    await newTab();
    expect(JSON.parse(localStorage.getItem('cart') ?? '')).toMatchObject({ version: 1, lines: chairs });
  });

  it('given blocked storage, when the cart is filled and ordered, then it lasts as long as the page', async () => {
    for (const call of ['getItem', 'setItem'] as const) {
      vi.spyOn(Storage.prototype, call).mockImplementation(() => {
        throw new DOMException('blocked', 'SecurityError');
      });
    }
    const store = await newTab();
    store.change(() => chairs);
    expect(store.cart()).toEqual(chairs);
    expect(store.orderKey(chairs)).toBe(store.orderKey(chairs));
  });
});
