import {
  type InfiniteData,
  type QueryClient,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useCallback } from 'react';
import { api } from '../api/client';
import { answerOf, answerOrNone } from '../api/problem';
import type { Order } from '../api/types';
import type { OrderChange } from './eventStream';
import { orderKeys } from './orderKeys';
import { withChange } from './status';

export type OrderPages = InfiniteData<{ orders: Order[]; next_cursor?: string | null }, string | null>;

/** How often to ask while an order is undecided: seldom when the stream tells, often when it is away. */
const whileFollowing = 10_000;
const whileBlind = 1500;

export function useOrders(buyer: string, isFollowing: boolean) {
  const client = useQueryClient();
  // Here and not where a page is fetched: then the others are those from before, and one of their orders may
  // have been decided meanwhile.
  const select = useCallback(
    (data: OrderPages) => ({
      ...data,
      pages: data.pages.map((page) => ({
        ...page,
        orders: page.orders.map((order) => asHeard(client, buyer, order)),
      })),
    }),
    [client, buyer],
  );
  return useInfiniteQuery({
    queryKey: orderKeys.lists(buyer),
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: 20, ...(pageParam === null ? {} : { cursor: pageParam }) };
      return answerOf(api.GET('/api/orders', { params: { query }, signal }));
    },
    select,
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

/** The order; null if the buyer has no such order. */
export function useOrder(buyer: string, id: string, isFollowing: boolean) {
  return useQuery({
    queryKey: orderKeys.one(buyer, id),
    queryFn: async ({ client, signal }) => {
      const order = await answerOrNone(api.GET('/api/orders/{id}', { params: { path: { id } }, signal }));
      return order && asHeard(client, buyer, order);
    },
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data?.status === 'PENDING' ? pause(isFollowing) : false),
  });
}

/** What the stream told while the answer was on its way counts too. */
function asHeard(queries: QueryClient, buyer: string, order: Order): Order {
  return withChange(order, queries.getQueryData<OrderChange>(orderKeys.change(buyer, order.id)));
}

function pause(isFollowing: boolean): number {
  return isFollowing ? whileFollowing : whileBlind;
}
