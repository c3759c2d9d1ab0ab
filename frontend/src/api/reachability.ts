import { Store } from '../store';

/** The services that can be unreachable independently. */
export type Service = 'authentication' | 'products' | 'orders';

export const unreachableServices = new Store<readonly Service[]>([]);

export function reportReachability(url: string, isReachable: boolean): void {
  // The event stream may fail while orders still responds. Then the page polls, and that reports an outage.
  if (url.endsWith('/events')) {
    return;
  }
  const service = serviceOf(url);
  const current = unreachableServices.get();
  if (current.includes(service) === isReachable) {
    unreachableServices.set(
      isReachable ? current.filter((other) => other !== service) : [...current, service],
    );
  }
}

export function serviceOf(url: string): Service {
  const path = new URL(url, 'http://shop').pathname;
  if (/^\/api\/(?:products|categories)/.test(path)) {
    return 'products';
  }
  return /^\/api\/orders/.test(path) ? 'orders' : 'authentication';
}
