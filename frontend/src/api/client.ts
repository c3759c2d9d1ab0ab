import createClient from 'openapi-fetch';
import { session } from '../session/session';
import { earlyAnswer } from './early';
import { watchedFetch } from './fetch';
import type { paths } from './schema';

/** What anybody may read, and nobody reads differently: it waits for no session. */
const open = /^\/api\/(?:products|categories)$/;

/** Every call but the session's own: signed with the access token, and tried once more with a new one. */
export const api = createClient<paths>({ baseUrl: window.location.origin, fetch: signedFetch });

async function signedFetch(request: Request): Promise<Response> {
  const early = await earlyAnswer(request);
  if (early !== undefined) {
    return early;
  }
  const isOpen = request.method === 'GET' && open.test(new URL(request.url).pathname);
  const token = isOpen ? null : await session.accessToken();
  if (token === null) {
    return watchedFetch(request);
  }
  const spare = request.clone();
  const response = await watchedFetch(signed(request, token));
  if (response.status !== 401) {
    return response;
  }
  const renewed = await session.renew(token);
  return renewed === null ? response : watchedFetch(signed(spare, renewed));
}

function signed(request: Request, token: string): Request {
  request.headers.set('Authorization', `Bearer ${token}`);
  return request;
}
