import * as z from 'zod/mini';

export const mostPieces = 2_147_483_647;
export const mostLines = 100;

export type CartLine = { name: string; quantity: number };
export type Cart = readonly CartLine[];

const kept = z.object({
  version: z.literal(1),
  lines: z.array(
    z.object({
      name: z.string().check(z.minLength(1), z.maxLength(100)),
      quantity: z.int().check(z.gte(1), z.lte(mostPieces)),
    }),
  ),
});

/** What was kept, as far as it can be understood; anything else is an empty cart. */
export function readCart(text: string | null): Cart {
  if (text === null) {
    return [];
  }
  try {
    return kept.parse(JSON.parse(text)).lines.reduce(add, []).slice(0, mostLines);
  } catch {
    return [];
  }
}

export function writeCart(lines: Cart): string {
  return JSON.stringify({ version: 1, lines });
}

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
