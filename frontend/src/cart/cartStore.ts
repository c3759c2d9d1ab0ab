import { storage } from '../storage';
import { Store, useStore } from '../store';
import { type Cart, hasSameItems, subtract } from './cart';
import {
  emptyCart,
  newIdempotencyKey,
  type PersistedCart,
  parseCart,
  serializeCart,
} from './cartPersistence';

const STORAGE_KEY = 'cart';
const current = new Store(emptyCart());

/** The cart of this browser. All tabs share it, and it survives logging in and out. */
export const cartStore = {
  cart: (): Cart => current.get().lines,
  /** Changes the lines. Different lines are a different order, so they get a new Idempotency-Key. */
  change(update: (cart: Cart) => Cart): void {
    const before = reload();
    const lines = update(before.lines);
    save({ ...before, lines, key: hasSameItems(lines, before.lines) ? before.key : newIdempotencyKey() });
  },
  /**
   * The Idempotency-Key for ordering this cart, or null if another tab has changed or ordered it. The key is
   * stored with the lines until they change. So an order whose response was lost is not placed again after a
   * reload, and tabs that order at the same time send the same key.
   */
  orderKey(cart: Cart): string | null {
    const { lines, key } = reload();
    return hasSameItems(cart, lines) ? key : null;
  },
  /** Replaces the key of an order that was finally refused, because the next attempt is a new order. */
  replaceKey(refused: string): void {
    const before = reload();
    if (before.key === refused) {
      save({ ...before, key: newIdempotencyKey() });
    }
  },
  /** Removes the lines of an order, once even if several tabs have placed it. */
  removeOrdered(ordered: Cart, key: string): void {
    const { lines, takenOut } = reload();
    if (takenOut !== key) {
      save({ lines: subtract(lines, ordered), key: newIdempotencyKey(), takenOut: key });
    }
  },
};

export function useCart(): Cart {
  return useStore(current).lines;
}

/** The Idempotency-Key for ordering the current cart. */
export function useIdempotencyKey(): string {
  return useStore(current).key;
}

window.addEventListener('storage', (event) => {
  if (event.key === STORAGE_KEY) {
    reload();
  } else if (event.key === null) {
    current.set(emptyCart());
  }
});

reload();

/**
 * Reads the stored cart, because another tab may have changed it before its `storage` event arrives here.
 * Invalid parts are dropped from the storage too. If the storage is blocked, the cart in memory is used.
 */
function reload(): PersistedCart {
  const text = storage.read(STORAGE_KEY);
  if (text !== null && text !== serializeCart(current.get())) {
    const stored = parseCart(text);
    current.set(stored);
    if (text !== serializeCart(stored)) {
      storage.write(STORAGE_KEY, serializeCart(stored));
    }
  }
  return current.get();
}

function save(next: PersistedCart): void {
  current.set(next);
  storage.write(STORAGE_KEY, serializeCart(next));
}
