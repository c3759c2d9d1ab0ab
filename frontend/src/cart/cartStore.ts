import { useSyncExternalStore } from 'react';
import { type Cart, readCart, writeCart } from './cart';

const place = 'cart';
const listeners = new Set<() => void>();
let cart: Cart = readCart(stored());

/** The cart of this browser: it outlives the page, logging in and logging out, and is one for all tabs. */
export const cartStore = {
  cart: (): Cart => cart,
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  change(next: (cart: Cart) => Cart): void {
    show(next(cart));
    try {
      localStorage.setItem(place, writeCart(cart));
    } catch {
      // Storage is full or forbidden: the cart lasts as long as the page.
    }
  },
};

export function useCart(): Cart {
  return useSyncExternalStore(cartStore.subscribe, cartStore.cart);
}

window.addEventListener('storage', (event) => {
  if (event.key === place || event.key === null) {
    show(readCart(stored()));
  }
});

function show(next: Cart): void {
  cart = next;
  for (const listener of listeners) {
    listener();
  }
}

function stored(): string | null {
  try {
    return localStorage.getItem(place);
  } catch {
    return null;
  }
}
