/** The path of the log-in page that returns to `from` afterwards. */
export function logInPath(from: string): string {
  return `/login?next=${encodeURIComponent(from)}`;
}

/** Where to go after logging in. Only paths of this shop are accepted, to prevent open redirects. */
export function redirectTarget(search: URLSearchParams): string {
  const next = search.get('next') ?? '/';
  const origin = 'http://shop.invalid';
  try {
    const url = new URL(next, origin);
    return url.origin === origin && next.startsWith('/') ? url.pathname + url.search : '/';
  } catch {
    return '/';
  }
}
