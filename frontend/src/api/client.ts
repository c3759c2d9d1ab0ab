import createClient from 'openapi-fetch';
import { fetchWithTimeout } from './fetch';
import { prefetchedResponse } from './prefetched';
import type { paths } from './schema';

/** GET requests whose response is the same for every caller. They do not wait for the session. */
const PUBLIC_PATHS = /^\/api\/(?:products|categories)$/;

type TokenSource = {
  /** The access token, or null for a visitor. */
  accessToken: () => Promise<string | null>;
  /** A token other than the expired one, or null if the user is logged out. */
  refresh: (expired: string) => Promise<string | null>;
};

let tokens: TokenSource = { accessToken: () => Promise.resolve(null), refresh: () => Promise.resolve(null) };

/** Sets where the client gets its access tokens. Until then, its calls are those of a visitor. */
export function authorizeWith(source: TokenSource): void {
  tokens = source;
}

/**
 * The client for all calls except those of the session. It sends the access token, and retries once with a
 * new token after a 401.
 */
export const api = createClient<paths>({ baseUrl: window.location.origin, fetch: authorizedFetch });

async function authorizedFetch(request: Request): Promise<Response> {
  const prefetched = await prefetchedResponse(request);
  if (prefetched !== undefined) {
    return prefetched;
  }
  const isPublic = request.method === 'GET' && PUBLIC_PATHS.test(new URL(request.url).pathname);
  const token = isPublic ? null : await tokens.accessToken();
  if (token === null) {
    return fetchWithTimeout(request);
  }
  const retry = request.clone();
  const response = await fetchWithTimeout(authorize(request, token));
  if (response.status !== 401) {
    return response;
  }
  const newToken = await tokens.refresh(token);
  return newToken === null ? response : fetchWithTimeout(authorize(retry, newToken));
}

function authorize(request: Request, token: string): Request {
  request.headers.set('Authorization', `Bearer ${token}`);
  return request;
}
