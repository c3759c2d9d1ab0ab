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

const kept = z.object({
  version: z.literal(1),
  lines: z.array(z.unknown()),
  key: z.optional(z.unknown()),
  takenOut: z.optional(z.unknown()),
});

export type KeptCart = {
  lines: Cart;
  /** The Idempotency-Key of an order of exactly these lines. */
  key: string;
  /** The key of the order whose lines were taken out last; none yet. */
  takenOut: string | null;
};

export function newKey(): string {
  return crypto.randomUUID();
}

export function emptyCart(): KeptCart {
  return { lines: [], key: newKey(), takenOut: null };
}

/** What was kept, line by line, as far as it can be understood. */
export function readCart(text: string | null): KeptCart {
  const document = z.safeParse(kept, parseJson(text ?? ''));
  if (!document.success) {
    return emptyCart();
  }
  const lines = document.data.lines.flatMap((each) => z.safeParse(line, each).data ?? []);
  // A key that was made for other lines than these must not be sent with them.
  const isWhole = lines.length === document.data.lines.length;
  const key = isWhole ? z.safeParse(orderKey, document.data.key).data : undefined;
  return {
    lines: lines.reduce<Cart>(add, []).slice(0, mostLines),
    key: key ?? newKey(),
    takenOut: z.safeParse(orderKey, document.data.takenOut).data ?? null,
  };
}

export function writeCart({ lines, key, takenOut }: KeptCart): string {
  return JSON.stringify({ version: 1, lines, key, ...(takenOut !== null && { takenOut }) });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
