import { useState } from 'react';

export type RestockKeys = {
  /** The Idempotency-Key for restocking the product by this many pieces: the same until it is done. */
  keyFor: (name: string, pieces: number) => string;
  done: (name: string) => void;
};

/**
 * Trying the same amount again after a lost answer must not restock twice, even when the dialog was closed
 * in between; so the keys live as long as the page does.
 */
export function useRestockKeys(): RestockKeys {
  const [keys] = useState(restockKeys);
  return keys;
}

export function restockKeys(): RestockKeys {
  const last = new Map<string, { pieces: number; key: string }>();
  return {
    keyFor(name, pieces) {
      const present = last.get(name);
      if (present?.pieces === pieces) {
        return present.key;
      }
      const key = crypto.randomUUID();
      last.set(name, { pieces, key });
      return key;
    },
    done: (name) => last.delete(name),
  };
}
