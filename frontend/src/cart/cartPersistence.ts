import * as z from 'zod/mini';
import { parseJson } from '../parseJson';
import { MAX_QUANTITY } from '../product/stock';
import { add, type Cart, MAX_LINES } from './cart';

const idempotencyKey = z.string().check(z.regex(/^[\x21-\x7e]{1,255}$/));

/** In code points, as the shop counts; `String.length` counts UTF-16 code units. */
const MAX_NAME_LENGTH = 100;

const line = z.object({
  name: z.string().check(
    z.minLength(1),
    z.refine((name) => [...name].length <= MAX_NAME_LENGTH),
  ),
  quantity: z.int().check(z.gte(1), z.lte(MAX_QUANTITY)),
});

const persistedCart = z.object({
  version: z.literal(1),
  lines: z.array(z.unknown()),
  key: z.optional(z.unknown()),
  takenOut: z.optional(z.unknown()),
});

export type PersistedCart = {
  lines: Cart;
  /** The Idempotency-Key for ordering exactly these lines. */
  key: string;
  /** The key of the last order whose lines were removed from the cart. */
  takenOut: string | null;
};

export function newIdempotencyKey(): string {
  return crypto.randomUUID();
}

export function emptyCart(): PersistedCart {
  return { lines: [], key: newIdempotencyKey(), takenOut: null };
}

/** Parses a stored cart, and drops the lines that are invalid. */
export function parseCart(text: string | null): PersistedCart {
  const stored = z.safeParse(persistedCart, parseJson(text ?? ''));
  if (!stored.success) {
    return emptyCart();
  }
  const lines = stored.data.lines.flatMap((each) => z.safeParse(line, each).data ?? []);
  // A key belongs to exactly the lines it was stored with.
  const isComplete = lines.length === stored.data.lines.length;
  const key = isComplete ? z.safeParse(idempotencyKey, stored.data.key).data : undefined;
  return {
    lines: lines.reduce<Cart>(add, []).slice(0, MAX_LINES),
    key: key ?? newIdempotencyKey(),
    takenOut: z.safeParse(idempotencyKey, stored.data.takenOut).data ?? null,
  };
}

export function serializeCart({ lines, key, takenOut }: PersistedCart): string {
  return JSON.stringify({ version: 1, lines, key, ...(takenOut !== null && { takenOut }) });
}
