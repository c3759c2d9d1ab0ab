import * as z from 'zod/mini';
import type { Cart } from './cart';

const place = 'order-key';
const kept = z.object({ fingerprint: z.string(), key: z.string() });

/**
 * The Idempotency-Key for this buyer's cart as it is. Until the shop has answered, the same cart has the
 * same key, also after a reload, so that an order whose answer was lost is not placed again.
 */
export function orderKeyFor(buyer: string, cart: Cart): string {
  const fingerprint = fingerprintOf(buyer, cart);
  const present = read();
  if (present?.fingerprint === fingerprint) {
    return present.key;
  }
  const key = crypto.randomUUID();
  try {
    sessionStorage.setItem(place, JSON.stringify({ fingerprint, key }));
  } catch {
    // Without storage the key lives as long as this attempt.
  }
  return key;
}

export function forgetOrderKey(): void {
  try {
    sessionStorage.removeItem(place);
  } catch {
    // Nothing was kept then.
  }
}

function fingerprintOf(buyer: string, cart: Cart): string {
  const lines = cart.map(({ name, quantity }) => [name, quantity]).toSorted();
  return JSON.stringify([buyer, lines]);
}

function read(): z.infer<typeof kept> | null {
  try {
    return kept.parse(JSON.parse(sessionStorage.getItem(place) ?? ''));
  } catch {
    return null;
  }
}
