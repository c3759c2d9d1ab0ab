/** The log-in page that leads back to where somebody was. */
export function logInPath(from: string): string {
  return `/login?next=${encodeURIComponent(from)}`;
}

/** Where to go after logging in: only ever a page of this shop. */
export function nextFrom(search: URLSearchParams): string {
  const next = search.get('next') ?? '/';
  const here = 'http://shop.invalid';
  try {
    const url = new URL(next, here);
    return url.origin === here && next.startsWith('/') ? url.pathname + url.search : '/';
  } catch {
    return '/';
  }
}
