/** An admin who restocks again later has seen the result of the first attempt, and means another change. */
const KEY_LIFETIME_MS = 10 * 60_000;

const keys = new Map<string, { key: string; createdAt: number }>();

/**
 * The Idempotency-Keys of restocks. Sending the same change again after a lost response must not apply it twice,
 * even if the admin has closed the dialog or left the page in between.
 */
export const restockKeys = {
  /** The key for changing the stock of a product by this quantity. It stays the same until `discard`. */
  keyFor(name: string, quantity: number): string {
    const existing = keys.get(`${quantity} ${name}`);
    if (existing !== undefined && Date.now() - existing.createdAt < KEY_LIFETIME_MS) {
      return existing.key;
    }
    const key = crypto.randomUUID();
    keys.set(`${quantity} ${name}`, { key, createdAt: Date.now() });
    return key;
  },

  discard(name: string, quantity: number): void {
    keys.delete(`${quantity} ${name}`);
  },
};
