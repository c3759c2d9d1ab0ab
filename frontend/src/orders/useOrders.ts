import { skipToken, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { api } from '../api/client';
import { answerOf } from '../api/problem';
import { orderKeys } from './orderKeys';

/** How often to ask while an order is undecided: seldom when the stream tells, often when it is away. */
const whileFollowing = 10_000;
const whileBlind = 1_500;

export function useOrders(buyer: string, isFollowing: boolean) {
  return useInfiniteQuery({
    queryKey: orderKeys.lists(buyer),
    queryFn: ({ pageParam, signal }) =>
      answerOf(
        api.GET('/api/orders', {
          params: { query: { limit: 20, ...(pageParam === null ? {} : { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor ?? null,
    staleTime: 0,
    refetchInterval: ({ state }) => {
      const undecided = state.data?.pages.some((page) =>
        page.orders.some((order) => order.status === 'PENDING'),
      );
      return undecided ? pause(isFollowing) : false;
    },
  });
}

export function useOrder(buyer: string, id: string, isFollowing: boolean) {
  return useQuery({
    queryKey: orderKeys.one(buyer, id),
    queryFn: ({ signal }) => answerOf(api.GET('/api/orders/{id}', { params: { path: { id } }, signal })),
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data?.status === 'PENDING' ? pause(isFollowing) : false),
  });
}

/** When the order was decided, if this page was told as it happened. */
export function useDecidedAt(buyer: string, id: string): string | null {
  const { data } = useQuery<string>({
    queryKey: orderKeys.decidedAt(buyer, id),
    queryFn: skipToken,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return data ?? null;
}

function pause(isFollowing: boolean): number {
  return isFollowing ? whileFollowing : whileBlind;
}
