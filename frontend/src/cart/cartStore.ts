import { useSyncExternalStore } from 'react';
import { storage } from '../storage';
import { type Cart, hasSameItems, subtract } from './cart';
import {
  emptyCart,
  newIdempotencyKey,
  type PersistedCart,
  parseCart,
  serializeCart,
} from './cartPersistence';

const STORAGE_KEY = 'cart';
const listeners = new Set<() => void>();
let current = emptyCart();

/** The cart of this browser. All tabs share it, and it survives logging in and out. */
export const cartStore = {
  cart: (): Cart => current.lines,
  key: (): string => current.key,
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  /** Changes the lines. Different lines are a different order, so they get a new Idempotency-Key. */
  change(update: (cart: Cart) => Cart): void {
    reload();
    const lines = update(current.lines);
    save({ ...current, lines, key: hasSameItems(lines, current.lines) ? current.key : newIdempotencyKey() });
  },
  /**
   * The Idempotency-Key for ordering this cart, or null if another tab has changed or ordered it. The key is
   * stored with the lines until they change. So an order whose response was lost is not placed again after a
   * reload, and tabs that order at the same time send the same key.
   */
  orderKey(cart: Cart): string | null {
    reload();
    return hasSameItems(cart, current.lines) ? current.key : null;
  },
  /** Replaces the key of an order that was finally refused, because the next attempt is a new order. */
  replaceKey(refused: string): void {
    reload();
    if (current.key === refused) {
      save({ ...current, key: newIdempotencyKey() });
    }
  },
  /** Removes the lines of an order, once even if several tabs have placed it. */
  removeOrdered(ordered: Cart, key: string): void {
    reload();
    if (current.takenOut !== key) {
      save({ lines: subtract(current.lines, ordered), key: newIdempotencyKey(), takenOut: key });
    }
  },
};

export function useCart(): Cart {
  return useSyncExternalStore(cartStore.subscribe, cartStore.cart);
}

/** The Idempotency-Key for ordering the current cart. */
export function useIdempotencyKey(): string {
  return useSyncExternalStore(cartStore.subscribe, cartStore.key);
}

window.addEventListener('storage', (event) => {
  if (event.key === STORAGE_KEY) {
    reload();
  } else if (event.key === null) {
    set(emptyCart());
  }
});

reload();

/**
 * Reads the stored cart, because another tab may have changed it before its `storage` event arrives here.
 * Invalid parts are dropped from the storage too. If the storage is blocked, the cart in memory is used.
 */
function reload(): void {
  const text = storage.read(STORAGE_KEY);
  if (text !== null && text !== serializeCart(current)) {
    const stored = parseCart(text);
    set(stored);
    if (text !== serializeCart(stored)) {
      storage.write(STORAGE_KEY, serializeCart(stored));
    }
  }
}

function save(next: PersistedCart): void {
  set(next);
  storage.write(STORAGE_KEY, serializeCart(next));
}

function set(next: PersistedCart): void {
  current = next;
  for (const listener of listeners) {
    listener();
  }
}
