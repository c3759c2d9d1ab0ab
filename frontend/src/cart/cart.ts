import { mostPieces } from '../product/stock';

export const mostLines = 100;

export type CartLine = { name: string; quantity: number };
export type Cart = readonly CartLine[];

export function add(cart: Cart, { name, quantity }: CartLine): Cart {
  const present = quantityOf(cart, name);
  if (present === 0) {
    return [...cart, { name, quantity: bounded(quantity) }];
  }
  return setQuantity(cart, name, present + quantity);
}

export function setQuantity(cart: Cart, name: string, quantity: number): Cart {
  return cart.map((line) => (line.name === name ? { name, quantity: bounded(quantity) } : line));
}

export function remove(cart: Cart, name: string): Cart {
  return cart.filter((line) => line.name !== name);
}

export function quantityOf(cart: Cart, name: string): number {
  return cart.find((line) => line.name === name)?.quantity ?? 0;
}

export function pieces(cart: Cart): number {
  return cart.reduce((sum, line) => sum + line.quantity, 0);
}

/** Whether two carts ask for the same things, in whatever order. */
export function isSame(one: Cart, other: Cart): boolean {
  return one.length === other.length && one.every((line) => quantityOf(other, line.name) === line.quantity);
}

function bounded(quantity: number): number {
  return Math.min(mostPieces, Math.max(1, Math.trunc(quantity)));
}

/** What is left when these lines have been ordered; what was added meanwhile stays. */
export function subtract(cart: Cart, ordered: Cart): Cart {
  return cart.flatMap(({ name, quantity }) => {
    const rest = quantity - quantityOf(ordered, name);
    return rest > 0 ? [{ name, quantity: rest }] : [];
  });
}
