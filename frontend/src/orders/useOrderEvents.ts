import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, useSyncExternalStore } from 'react';
import type { Order } from '../api/types';
import { type OrderChange, subscribeToOrders } from './orderEvents';
import { orderKeys } from './orderKeys';
import { applyChange } from './status';
import type { OrderPages } from './useOrders';

/**
 * Keeps the cached orders of the buyer up to date while the page is visible. Returns whether the event stream
 * is open. Hidden tabs close theirs, because a browser has only six connections to the shop for all tabs.
 */
export function useOrderEvents(buyer: string): boolean {
  const queries = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const isVisible = useSyncExternalStore(subscribeToVisibility, () => !document.hidden);
  useEffect(() => {
    if (!isVisible) {
      return;
    }
    const end = new AbortController();
    const refetchOrders = () => void refetch(queries, orderKeys.all(buyer));
    void subscribeToOrders(
      {
        onOpen: () => {
          setOpen(true);
          // A new stream does not send changes from before it was opened.
          refetchOrders();
        },
        onClose: () => setOpen(false),
        onChange: (change) => apply(queries, buyer, change),
        onReset: refetchOrders,
      },
      end.signal,
    );
    return () => {
      end.abort();
      setOpen(false);
    };
  }, [buyer, isVisible, queries]);
  return isOpen;
}

function subscribeToVisibility(listener: () => void): () => void {
  document.addEventListener('visibilitychange', listener);
  return () => document.removeEventListener('visibilitychange', listener);
}

function apply(queries: QueryClient, buyer: string, change: OrderChange): void {
  if (change.status !== 'PENDING') {
    queries.setQueryData(orderKeys.change(buyer, change.id), change);
  }
  const update = (order: Order): Order => (order.id === change.id ? applyChange(order, change) : order);
  queries.setQueryData<Order | null>(orderKeys.one(buyer, change.id), (order) => order && update(order));
  const lists = { queryKey: orderKeys.lists(buyer) };
  const isListed = queries
    .getQueriesData<OrderPages>(lists)
    .some(([, data]) => data?.pages.some((page) => page.orders.some(({ id }) => id === change.id)));
  if (!isListed) {
    // The order was placed in another tab or on another device.
    void refetch(queries, lists.queryKey);
  }
  queries.setQueriesData<OrderPages>(
    lists,
    (data) =>
      data && { ...data, pages: data.pages.map((page) => ({ ...page, orders: page.orders.map(update) })) },
  );
  void refetch(queries, ['products']);
}

/**
 * Does not cancel requests in flight, because the user may have started them, such as for the next page. They may
 * have started before the change, so the queries are refetched once more after them.
 */
async function refetch(queries: QueryClient, queryKey: readonly unknown[]): Promise<void> {
  const isInFlight = queries.isFetching({ queryKey }) > 0;
  await queries.invalidateQueries({ queryKey }, { cancelRefetch: false });
  if (isInFlight) {
    await queries.invalidateQueries({ queryKey }, { cancelRefetch: false });
  }
}
