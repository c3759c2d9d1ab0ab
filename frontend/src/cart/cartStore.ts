import { useSyncExternalStore } from 'react';
import { storage } from '../storage';
import { type Cart, isSame, subtract } from './cart';
import { emptyCart, type KeptCart, newKey, readCart, writeCart } from './keptCart';

const place = 'cart';
const listeners = new Set<() => void>();
let kept = emptyCart();

/** The cart of this browser: it outlives the page, logging in and logging out, and is one for all tabs. */
export const cartStore = {
  cart: (): Cart => kept.lines,
  key: (): string => kept.key,
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  /** Other lines are another order, so they get another key. */
  change(next: (cart: Cart) => Cart): void {
    readAgain();
    const lines = next(kept.lines);
    keep({ ...kept, lines, key: isSame(lines, kept.lines) ? kept.key : newKey() });
  },
  /**
   * The Idempotency-Key of an order of the cart as it is. It is kept from when the lines were chosen until they
   * change, so that an order whose answer was lost is not placed again after a reload, and that tabs which
   * order in the same instant send the same. None for a cart that is not the one that is kept, because another
   * tab has changed or ordered it.
   */
  orderKey(cart: Cart): string | null {
    readAgain();
    return isSame(cart, kept.lines) ? kept.key : null;
  },
  /** The shop has refused this order for good: the next try is a new one. */
  renewOrderKey(refused: string): void {
    readAgain();
    if (kept.key === refused) {
      keep({ ...kept, key: newKey() });
    }
  },
  /** What was ordered is out of the cart, once for each order, however many tabs hear of it. */
  takeOut(ordered: Cart, key: string): void {
    readAgain();
    if (kept.takenOut !== key) {
      keep({ lines: subtract(kept.lines, ordered), key: newKey(), takenOut: key });
    }
  },
};

export function useCart(): Cart {
  return useSyncExternalStore(cartStore.subscribe, cartStore.cart);
}

/** The key that an order of the cart would have now. */
export function useOrderKey(): string {
  return useSyncExternalStore(cartStore.subscribe, cartStore.key);
}

window.addEventListener('storage', (event) => {
  if (event.key === place) {
    readAgain();
  } else if (event.key === null) {
    show(emptyCart());
  }
});

readAgain();

/**
 * Another tab may have been quicker than its message. Where nothing can be kept, what this page knows counts.
 * What could not be understood is not left to be read again and again.
 */
function readAgain(): void {
  const text = storage.read(place);
  if (text !== null && text !== writeCart(kept)) {
    const read = readCart(text);
    show(read);
    if (text !== writeCart(read)) {
      storage.write(place, writeCart(read));
    }
  }
}

function keep(next: KeptCart): void {
  show(next);
  storage.write(place, writeCart(next));
}

function show(next: KeptCart): void {
  kept = next;
  for (const listener of listeners) {
    listener();
  }
}
