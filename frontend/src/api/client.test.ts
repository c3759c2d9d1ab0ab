import { beforeEach, expect, it, vi } from 'vitest';
import { api } from './client';
import { ApiProblem, answerOf } from './problem';

const session = vi.hoisted(() => ({ accessToken: vi.fn(), renew: vi.fn() }));
vi.mock('../session/session', () => ({ session }));

const fetched = vi.fn<(request: Request) => Promise<Response>>();

beforeEach(() => {
  session.accessToken.mockReset().mockResolvedValue('token');
  session.renew.mockReset();
  fetched.mockReset().mockImplementation(() => Promise.resolve(Response.json({ orders: [] })));
  vi.stubGlobal('fetch', fetched);
});

it('given what anybody may read, when it is asked for, then it neither waits for the session nor is signed', async () => {
  session.accessToken.mockReturnValue(new Promise(() => undefined));
  await answerOf(api.GET('/api/products', { params: { query: { name: 'chair' } } }));
  await answerOf(api.GET('/api/categories'));
  expect(fetched.mock.calls.map(([request]) => request.headers.get('Authorization'))).toEqual([null, null]);
});

it('given what is one’s own, when it is asked for, then it is signed', async () => {
  await answerOf(api.GET('/api/orders'));
  expect(fetched.mock.calls[0]?.[0].headers.get('Authorization')).toBe('Bearer token');
});

it('given a spent token while authentication is away, when a call is made, then that is an outage and no refusal', async () => {
  const away = new ApiProblem({
    type: '/problems/x',
    title: '',
    status: 503,
    detail: 'Service unavailable!',
  });
  session.renew.mockRejectedValue(away);
  fetched.mockImplementation(() => Promise.resolve(new Response(null, { status: 401 })));
  await expect(answerOf(api.GET('/api/orders'))).rejects.toBe(away);
});
