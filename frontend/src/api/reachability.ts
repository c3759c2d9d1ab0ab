/** The services that can be unreachable independently. */
export type Service = 'authentication' | 'products' | 'orders';

const unreachable = new Set<Service>();
const listeners = new Set<() => void>();
let snapshot: readonly Service[] = [];

export const reachability = {
  unreachable: (): readonly Service[] => snapshot,
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  report(url: string, isReachable: boolean): void {
    // The event stream may fail while orders still responds. Then the page polls, and that reports an outage.
    if (url.endsWith('/events')) {
      return;
    }
    const service = serviceOf(url);
    if (unreachable.has(service) === !isReachable) {
      return;
    }
    if (isReachable) {
      unreachable.delete(service);
    } else {
      unreachable.add(service);
    }
    snapshot = [...unreachable];
    for (const listener of listeners) {
      listener();
    }
  },
};

export function serviceOf(url: string): Service {
  const path = new URL(url, 'http://shop').pathname;
  if (/^\/api\/(?:products|categories)/.test(path)) {
    return 'products';
  }
  return /^\/api\/orders/.test(path) ? 'orders' : 'authentication';
}
