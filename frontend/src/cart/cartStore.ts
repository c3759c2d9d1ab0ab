import { useSyncExternalStore } from 'react';
import { storage } from '../storage';
import { type Cart, isSame } from './cart';
import { type KeptCart, readCart, writeCart } from './keptCart';

const place = 'cart';
const listeners = new Set<() => void>();
let kept: KeptCart = readCart(storage.read(place));

/** The cart of this browser: it outlives the page, logging in and logging out, and is one for all tabs. */
export const cartStore = {
  cart: (): Cart => kept.lines,
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  /** Other lines are another order, so the key of the one that was begun goes with the lines it was for. */
  change(next: (cart: Cart) => Cart): void {
    readAgain();
    const lines = next(kept.lines);
    keep({ lines, begun: isSame(lines, kept.lines) ? kept.begun : null });
  },
  /**
   * The Idempotency-Key for this buyer's cart as it is: the same in every tab, and after a reload, until the
   * lines change, so that an order whose answer was lost is not placed again. None for a cart that is not the
   * one that is kept, because another tab has changed or ordered it.
   */
  orderKey(buyer: string, cart: Cart): string | null {
    readAgain();
    if (!isSame(cart, kept.lines)) {
      return null;
    }
    if (kept.begun?.buyer !== buyer) {
      keep({ ...kept, begun: { buyer, key: crypto.randomUUID() } });
    }
    return kept.begun?.key ?? null;
  },
  /** The shop has refused the order for good: the next try is a new one. */
  forgetOrderKey(): void {
    keep({ ...kept, begun: null });
  },
};

export function useCart(): Cart {
  return useSyncExternalStore(cartStore.subscribe, cartStore.cart);
}

window.addEventListener('storage', (event) => {
  if (event.key === place) {
    readAgain();
  } else if (event.key === null) {
    show({ lines: [], begun: null });
  }
});

// What could not be understood is not left to be read again and again.
if (storage.read(place) !== null) {
  storage.write(place, writeCart(kept));
}

/** Another tab may have been quicker than its message. Where nothing can be kept, what this page knows counts. */
function readAgain(): void {
  const text = storage.read(place);
  if (text !== null && text !== writeCart(kept)) {
    show(readCart(text));
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
