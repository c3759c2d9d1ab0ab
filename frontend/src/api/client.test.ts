import { beforeEach, expect, it, vi } from 'vitest';
import { api, authorizeWith } from './client';
import { ApiProblem, unwrap } from './problem';

const session = { accessToken: vi.fn(), refresh: vi.fn() };
authorizeWith(session);

const fetch = vi.fn<(request: Request) => Promise<Response>>();

beforeEach(() => {
  session.accessToken.mockReset().mockResolvedValue('token');
  session.refresh.mockReset();
  fetch.mockReset().mockImplementation(() => Promise.resolve(Response.json({ orders: [] })));
  vi.stubGlobal('fetch', fetch);
});

it('given public data, when it is requested, then the call neither waits for the session nor sends a token', async () => {
  session.accessToken.mockReturnValue(new Promise(() => undefined));
  await unwrap(api.GET('/api/products', { params: { query: { name: 'chair' } } }));
  await unwrap(api.GET('/api/categories'));
  expect(fetch.mock.calls.map(([request]) => request.headers.get('Authorization'))).toEqual([null, null]);
});

it('given private data, when it is requested, then the call sends the access token', async () => {
  await unwrap(api.GET('/api/orders'));
  expect(fetch.mock.calls[0]?.[0].headers.get('Authorization')).toBe('Bearer token');
});

it('given an expired token while authentication is down, when a call is made, then it fails as an outage', async () => {
  const outage = new ApiProblem({
    type: '/problems/x',
    title: '',
    status: 503,
    detail: 'Service unavailable!',
  });
  session.refresh.mockRejectedValue(outage);
  fetch.mockImplementation(() => Promise.resolve(new Response(null, { status: 401 })));
  await expect(unwrap(api.GET('/api/orders'))).rejects.toBe(outage);
});
