import { MAX_QUANTITY } from '../product/stock';

/** The maximum number of lines of an order. */
export const MAX_LINES = 100;

export type CartLine = { name: string; quantity: number };
export type Cart = readonly CartLine[];

export function add(cart: Cart, { name, quantity }: CartLine): Cart {
  const present = quantityOf(cart, name);
  if (present === 0) {
    return [...cart, { name, quantity: clampQuantity(quantity) }];
  }
  return setQuantity(cart, name, present + quantity);
}

export function setQuantity(cart: Cart, name: string, quantity: number): Cart {
  return cart.map((line) => (line.name === name ? { name, quantity: clampQuantity(quantity) } : line));
}

export function remove(cart: Cart, name: string): Cart {
  return cart.filter((line) => line.name !== name);
}

export function quantityOf(cart: Cart, name: string): number {
  return cart.find((line) => line.name === name)?.quantity ?? 0;
}

export function itemCount(cart: Cart): number {
  return cart.reduce((sum, line) => sum + line.quantity, 0);
}

/** Whether two carts have the same lines, in any order. */
export function hasSameItems(a: Cart, b: Cart): boolean {
  return a.length === b.length && a.every((line) => quantityOf(b, line.name) === line.quantity);
}

/** The cart without the lines of an order. Items that were added meanwhile stay. */
export function subtract(cart: Cart, ordered: Cart): Cart {
  return cart.flatMap(({ name, quantity }) => {
    const rest = quantity - quantityOf(ordered, name);
    return rest > 0 ? [{ name, quantity: rest }] : [];
  });
}

function clampQuantity(quantity: number): number {
  return Math.min(MAX_QUANTITY, Math.max(1, Math.trunc(quantity)));
}
