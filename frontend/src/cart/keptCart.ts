import * as z from 'zod/mini';
import { mostPieces } from '../product/stock';
import { add, type Cart, mostLines } from './cart';

const orderKey = z.string().check(z.regex(/^[\x21-\x7e]{1,255}$/));

/** The shop counts characters, of which some take two places in a string. */
const mostCharacters = 100;

const line = z.object({
  name: z.string().check(
    z.minLength(1),
    z.refine((name) => [...name].length <= mostCharacters),
  ),
  quantity: z.int().check(z.gte(1), z.lte(mostPieces)),
});

const kept = z.object({ version: z.literal(1), lines: z.array(z.unknown()), key: z.optional(z.unknown()) });

export type KeptCart = {
  lines: Cart;
  /** The Idempotency-Key of an order of exactly these lines. */
  key: string;
};

/** Lines that were not kept yet, or not like this. */
export function newCart(lines: Cart): KeptCart {
  return { lines, key: crypto.randomUUID() };
}

/** What was kept, line by line, as far as it can be understood. */
export function readCart(text: string | null): KeptCart {
  const document = z.safeParse(kept, parseJson(text ?? ''));
  if (!document.success) {
    return newCart([]);
  }
  const lines = document.data.lines.flatMap((each) => z.safeParse(line, each).data ?? []);
  const cart = newCart(lines.reduce<Cart>(add, []).slice(0, mostLines));
  // A key that was made for other lines than these must not be sent with them.
  const isWhole = lines.length === document.data.lines.length;
  const key = z.safeParse(orderKey, document.data.key);
  return isWhole && key.success ? { ...cart, key: key.data } : cart;
}

export function writeCart({ lines, key }: KeptCart): string {
  return JSON.stringify({ version: 1, lines, key });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
