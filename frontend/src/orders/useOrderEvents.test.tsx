import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, renderHook } from '@testing-library/react';
import { beforeEach, expect, it, vi } from 'vitest';
import type { Subscriber } from './orderEvents';
import { orderKeys } from './orderKeys';
import { useOrderEvents } from './useOrderEvents';

const subscribe = vi.hoisted(() => vi.fn<(subscriber: Subscriber, signal: AbortSignal) => Promise<void>>());
vi.mock('./orderEvents', () => ({ subscribeToOrders: subscribe }));

const buyer = 'a@a.com';

function renderSubscription() {
  const queries = new QueryClient();
  subscribe.mockResolvedValue();
  const { result } = renderHook(() => useOrderEvents(buyer), {
    wrapper: ({ children }) => <QueryClientProvider client={queries}>{children}</QueryClientProvider>,
  });
  return { queries, refetch: vi.spyOn(queries, 'invalidateQueries'), result };
}

beforeEach(() => subscribe.mockReset());

it('given a hidden page, when it becomes visible again, then the closed stream is opened and orders are refetched', () => {
  const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(false);
  const { refetch, result } = renderSubscription();
  const setHidden = (isHidden: boolean) => {
    hidden.mockReturnValue(isHidden);
    act(() => document.dispatchEvent(new Event('visibilitychange')));
  };
  act(() => subscribe.mock.calls[0]?.[0].onOpen());
  expect(result.current).toBe(true);

  setHidden(true);
  expect(subscribe.mock.calls[0]?.[1].aborted).toBe(true);
  expect(result.current).toBe(false);

  refetch.mockClear();
  setHidden(false);
  expect(subscribe).toHaveBeenCalledTimes(2);
  act(() => subscribe.mock.calls[1]?.[0].onOpen());
  expect(refetch).toHaveBeenCalledOnce();
});

it.each([
  ['a listed order', 'listed', 0],
  ['an order from another device', 'other', 1],
])(
  'given a list of orders, when %s is decided, then the list is refetched only if it lacks it',
  (_, id, times) => {
    const { queries, refetch } = renderSubscription();
    const listed = { id: 'listed', status: 'PENDING', cost: 1, created_at: '', products: [] };
    queries.setQueryData(orderKeys.lists(buyer), { pages: [{ orders: [listed] }], pageParams: [null] });
    act(() => subscribe.mock.calls[0]?.[0].onChange({ id, status: 'ACCEPTED', at: '2026-01-01T00:00:00Z' }));
    const listRefetches = refetch.mock.calls.filter(([filters]) => filters?.queryKey?.includes('list'));
    expect(listRefetches).toHaveLength(times);
  },
);
