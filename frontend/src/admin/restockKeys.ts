/** Whoever comes back later has looked what became of it, and restocks anew. In milliseconds. */
const longestTry = 10 * 60_000;

const tries = new Map<string, { key: string; since: number }>();

/**
 * The Idempotency-Keys of restockings: trying the same amount again after a lost answer must not restock twice,
 * even when the dialog was closed in between, or the page left.
 */
export const restockKeys = {
  /** The key for restocking the product by this many pieces: the same until it is done. */
  keyFor(name: string, pieces: number): string {
    const present = tries.get(`${pieces} ${name}`);
    if (present !== undefined && Date.now() - present.since < longestTry) {
      return present.key;
    }
    const key = crypto.randomUUID();
    tries.set(`${pieces} ${name}`, { key, since: Date.now() });
    return key;
  },

  done(name: string, pieces: number): void {
    tries.delete(`${pieces} ${name}`);
  },
};
