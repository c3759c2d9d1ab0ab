import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, renderHook } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import type { Follower } from './eventStream';
import { useFollowOrders } from './useFollowOrders';

const follow = vi.hoisted(() => vi.fn<(follower: Follower, signal: AbortSignal) => Promise<void>>());
vi.mock('./eventStream', () => ({ followOrders: follow }));

it('given a page that is not seen, when it is seen again, then the stream was closed and is caught up with', () => {
  const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(false);
  const queries = new QueryClient();
  const askAgain = vi.spyOn(queries, 'invalidateQueries');
  const turn = (isHidden: boolean) => {
    hidden.mockReturnValue(isHidden);
    act(() => document.dispatchEvent(new Event('visibilitychange')));
  };
  follow.mockResolvedValue();
  const { result } = renderHook(() => useFollowOrders('a@a.com'), {
    wrapper: ({ children }) => <QueryClientProvider client={queries}>{children}</QueryClientProvider>,
  });
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
