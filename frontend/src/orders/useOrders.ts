import {
  type InfiniteData,
  type QueryClient,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useCallback } from 'react';
import { api } from '../api/client';
import { unwrap, unwrapOrNull } from '../api/problem';
import type { Order } from '../api/types';
import type { OrderChange } from './orderEvents';
import { orderKeys } from './orderKeys';
import { applyChange } from './status';

export type OrderPages = InfiniteData<{ orders: Order[]; next_cursor?: string | null }, string | null>;

/** Pending orders are polled too, in case the event stream misses a change or is unavailable. */
const POLL_INTERVAL_WITH_STREAM_MS = 10_000;
const POLL_INTERVAL_WITHOUT_STREAM_MS = 1500;

export function useOrders(buyer: string, isStreaming: boolean) {
  const client = useQueryClient();
  // In `select`, not in `queryFn`: an order on a page that was fetched earlier may be decided later.
  const select = useCallback(
    (data: OrderPages) => ({
      ...data,
      pages: data.pages.map((page) => ({
        ...page,
        orders: page.orders.map((order) => withStreamedChange(client, buyer, order)),
      })),
    }),
    [client, buyer],
  );
  return useInfiniteQuery({
    queryKey: orderKeys.lists(buyer),
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: 20, ...(pageParam === null ? {} : { cursor: pageParam }) };
      return unwrap(api.GET('/api/orders', { params: { query }, signal }));
    },
    select,
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor ?? null,
    staleTime: 0,
    refetchInterval: ({ state }) => {
      const hasPending = state.data?.pages.some((page) =>
        page.orders.some((order) => order.status === 'PENDING'),
      );
      return hasPending ? pollInterval(isStreaming) : false;
    },
  });
}

/** The order, or null if the buyer has no such order. */
export function useOrder(buyer: string, id: string, isStreaming: boolean) {
  return useQuery({
    queryKey: orderKeys.one(buyer, id),
    queryFn: async ({ client, signal }) => {
      const order = await unwrapOrNull(api.GET('/api/orders/{id}', { params: { path: { id } }, signal }));
      return order && withStreamedChange(client, buyer, order);
    },
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data?.status === 'PENDING' ? pollInterval(isStreaming) : false),
  });
}

/** Applies a change that the event stream sent while the response was in flight. */
function withStreamedChange(queries: QueryClient, buyer: string, order: Order): Order {
  return applyChange(order, queries.getQueryData<OrderChange>(orderKeys.change(buyer, order.id)));
}

function pollInterval(isStreaming: boolean): number {
  return isStreaming ? POLL_INTERVAL_WITH_STREAM_MS : POLL_INTERVAL_WITHOUT_STREAM_MS;
}
