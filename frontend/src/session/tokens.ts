import createClient from 'openapi-fetch';
import { watchedFetch } from '../api/fetch';
import { answerOf } from '../api/problem';
import type { paths } from '../api/schema';

/** The calls that make and end a session. They carry no access token. */
const calls = createClient<paths>({ baseUrl: window.location.origin, fetch: watchedFetch });

/** The refresh token is in a cookie that no script can read. */
const session = 'cookie';

export async function logIn(email: string, password: string): Promise<string> {
  const answer = await answerOf(calls.POST('/api/login', { body: { email, password, session } }));
  return answer.access_token;
}

/** The new cookie comes also when the page is left before the answer; the old one is spent by then. */
export async function renew(): Promise<string> {
  const answer = await answerOf(calls.POST('/api/refresh', { body: { session }, keepalive: true }));
  return answer.access_token;
}

export async function logOut(): Promise<void> {
  await answerOf(calls.POST('/api/logout', { body: { session } }));
}

/** Asks for what changes nothing: nobody has this token, which takes a look into the database to know. */
export async function askAfter(): Promise<void> {
  await answerOf(calls.POST('/api/logout', { body: { refresh_token: 'A'.repeat(43) } }));
}

export async function register(email: string, password: string): Promise<void> {
  await answerOf(calls.POST('/api/register', { body: { email, password } }));
}
