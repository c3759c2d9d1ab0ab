import * as z from 'zod/mini';
import { mostPieces } from '../product/stock';
import { add, type Cart, mostLines } from './cart';

/** The Idempotency-Key of an order that was begun: it is that buyer's, and for exactly these lines. */
const begunOrder = z.object({ buyer: z.string(), key: z.string().check(z.regex(/^[\x21-\x7e]{1,255}$/)) });

/** The shop counts characters, of which some take two places in a string. */
const mostCharacters = 100;

const line = z.object({
  name: z.string().check(
    z.minLength(1),
    z.refine((name) => [...name].length <= mostCharacters),
  ),
  quantity: z.int().check(z.gte(1), z.lte(mostPieces)),
});

const kept = z.object({ version: z.literal(1), lines: z.array(z.unknown()), begun: z.optional(z.unknown()) });

export type KeptCart = { lines: Cart; begun: z.infer<typeof begunOrder> | null };

const nothing: KeptCart = { lines: [], begun: null };

/** What was kept, line by line, as far as it can be understood. */
export function readCart(text: string | null): KeptCart {
  const document = z.safeParse(kept, parseJson(text ?? ''));
  if (!document.success) {
    return nothing;
  }
  const lines = document.data.lines.flatMap((each) => z.safeParse(line, each).data ?? []);
  // A key that was made for other lines than these must not be sent with them.
  const isWhole = lines.length === document.data.lines.length;
  return {
    lines: lines.reduce<Cart>(add, []).slice(0, mostLines),
    begun: isWhole ? (z.safeParse(begunOrder, document.data.begun).data ?? null) : null,
  };
}

export function writeCart({ lines, begun }: KeptCart): string {
  return JSON.stringify({ version: 1, lines, ...(begun && { begun }) });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
