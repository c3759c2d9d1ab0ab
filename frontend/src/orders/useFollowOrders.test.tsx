import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, renderHook } from '@testing-library/react';
import { beforeEach, expect, it, vi } from 'vitest';
import type { Follower } from './eventStream';
import { orderKeys } from './orderKeys';
import { useFollowOrders } from './useFollowOrders';

const follow = vi.hoisted(() => vi.fn<(follower: Follower, signal: AbortSignal) => Promise<void>>());
vi.mock('./eventStream', () => ({ followOrders: follow }));

const buyer = 'a@a.com';

function following() {
  const queries = new QueryClient();
  follow.mockResolvedValue();
  const { result } = renderHook(() => useFollowOrders(buyer), {
    wrapper: ({ children }) => <QueryClientProvider client={queries}>{children}</QueryClientProvider>,
  });
  return { queries, askAgain: vi.spyOn(queries, 'invalidateQueries'), result };
}

beforeEach(() => follow.mockReset());

it('given a page that is not seen, when it is seen again, then the stream was closed and is caught up with', () => {
  const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(false);
  const { askAgain, result } = following();
  const turn = (isHidden: boolean) => {
    hidden.mockReturnValue(isHidden);
    act(() => document.dispatchEvent(new Event('visibilitychange')));
  };
  act(() => follow.mock.calls[0]?.[0].opened());
  expect(result.current).toBe(true);

  turn(true);
  expect(follow.mock.calls[0]?.[1].aborted).toBe(true);
  expect(result.current).toBe(false);

  askAgain.mockClear();
  turn(false);
  expect(follow).toHaveBeenCalledTimes(2);
  act(() => follow.mock.calls[1]?.[0].opened());
  expect(askAgain).toHaveBeenCalledOnce();
});

it.each([
  ['an order that is listed', 'listed', 0],
  ['an order that was placed elsewhere', 'elsewhere', 1],
])(
  'given an open list, when %s is decided, then the list is asked for again only if it lacks it',
  (_, id, times) => {
    const { queries, askAgain } = following();
    const listed = { id: 'listed', status: 'PENDING', cost: 1, created_at: '', products: [] };
    queries.setQueryData(orderKeys.lists(buyer), { pages: [{ orders: [listed] }], pageParams: [null] });
    act(() => follow.mock.calls[0]?.[0].changed({ id, status: 'ACCEPTED', at: '2026-01-01T00:00:00Z' }));
    const asked = askAgain.mock.calls.filter(([filters]) => filters?.queryKey?.includes('list'));
    expect(asked).toHaveLength(times);
  },
);
