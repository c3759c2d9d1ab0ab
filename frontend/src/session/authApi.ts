import createClient from 'openapi-fetch';
import { fetchWithTimeout } from '../api/fetch';
import { unwrap } from '../api/problem';
import type { paths } from '../api/schema';

/** A client without an access token, for the calls that start, refresh and end a session. */
const client = createClient<paths>({ baseUrl: window.location.origin, fetch: fetchWithTimeout });

/** Keeps the refresh token in a cookie that scripts cannot read. */
const session = 'cookie';

export async function logIn(email: string, password: string): Promise<string> {
  const { access_token } = await unwrap(client.POST('/api/login', { body: { email, password, session } }));
  return access_token;
}

/** `keepalive`: the token is spent once sent, so the new cookie must arrive even if the page is left. */
export async function refresh(): Promise<string> {
  const { access_token } = await unwrap(client.POST('/api/refresh', { body: { session }, keepalive: true }));
  return access_token;
}

export async function logOut(): Promise<void> {
  await unwrap(client.POST('/api/logout', { body: { session } }));
}

export async function register(email: string, password: string): Promise<void> {
  await unwrap(client.POST('/api/register', { body: { email, password } }));
}

/** A call that needs the database but changes nothing: it logs out a token that does not exist. */
export async function probe(): Promise<void> {
  await unwrap(client.POST('/api/logout', { body: { refresh_token: 'A'.repeat(43) } }));
}
