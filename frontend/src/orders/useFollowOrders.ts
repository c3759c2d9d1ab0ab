import { type InfiniteData, type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Order } from '../api/types';
import { announce } from '../notices/notices';
import { followOrders, type OrderChange } from './eventStream';
import { orderKeys } from './orderKeys';
import { statusWords, withChange } from './status';

type OrderPages = InfiniteData<{ orders: Order[]; next_cursor?: string | null }, string | null>;

/** Keeps what is shown of the buyer's orders true while the page is open. Says whether the stream is there. */
export function useFollowOrders(buyer: string): boolean {
  const queries = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const end = new AbortController();
    const askAgain = () => void queries.invalidateQueries({ queryKey: orderKeys.of(buyer) });
    void followOrders(
      {
        opened: () => {
          setOpen(true);
          // The stream begins now: what happened between the list and its opening is asked for.
          askAgain();
        },
        lost: () => setOpen(false),
        changed: (change) => apply(queries, buyer, change),
        missed: askAgain,
      },
      end.signal,
    );
    return () => end.abort();
  }, [buyer, queries]);
  return isOpen;
}

function apply(queries: QueryClient, buyer: string, change: OrderChange): void {
  if (change.status !== 'PENDING') {
    queries.setQueryData(orderKeys.change(buyer, change.id), change);
  }
  const update = (order: Order): Order => (order.id === change.id ? withChange(order, change) : order);
  queries.setQueryData<Order>(orderKeys.one(buyer, change.id), (order) => order && update(order));
  queries.setQueriesData<OrderPages>(
    { queryKey: orderKeys.lists(buyer) },
    (data) =>
      data && { ...data, pages: data.pages.map((page) => ({ ...page, orders: page.orders.map(update) })) },
  );
  announce(`Order ${shortId(change.id)}: ${statusWords[change.status].sentence}`);
  void queries.invalidateQueries({ queryKey: ['products'] });
}

/** The end of an id is what tells orders apart. */
export function shortId(id: string): string {
  return id.slice(-6);
}
