/** The parts of the shop that can be away one at a time. */
export type Part = 'authentication' | 'products' | 'orders';

const away = new Set<Part>();
const listeners = new Set<() => void>();
let snapshot: readonly Part[] = [];

export const reachability = {
  away: (): readonly Part[] => snapshot,
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  note(url: string, answers: boolean): void {
    // The stream is a comfort that may fail alone; what matters of orders is asked for by other calls too.
    if (url.endsWith('/events')) {
      return;
    }
    const part = partOf(url);
    if (away.has(part) === !answers) {
      return;
    }
    if (answers) {
      away.delete(part);
    } else {
      away.add(part);
    }
    snapshot = [...away];
    for (const listener of listeners) {
      listener();
    }
  },
};

export function partOf(url: string): Part {
  const path = new URL(url, 'http://shop').pathname;
  if (/^\/api\/(?:products|categories)/.test(path)) {
    return 'products';
  }
  return /^\/api\/orders/.test(path) ? 'orders' : 'authentication';
}
