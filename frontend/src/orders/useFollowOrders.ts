import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Order } from '../api/types';
import { followOrders, type OrderChange } from './eventStream';
import { orderKeys } from './orderKeys';
import { withChange } from './status';
import { useIsSeen } from './useIsSeen';
import type { OrderPages } from './useOrders';

/**
 * Keeps what is shown of the buyer's orders true while the page is seen. Says whether the stream is there.
 * A browser has six connections for all of its tabs, and a tab that nobody looks at must not keep one.
 */
export function useFollowOrders(buyer: string): boolean {
  const queries = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const isSeen = useIsSeen();
  useEffect(() => {
    if (!isSeen) {
      return;
    }
    const end = new AbortController();
    const again = () => void askAgain(queries, orderKeys.of(buyer));
    void followOrders(
      {
        opened: () => {
          setOpen(true);
          // The stream begins now: what happened between the list and its opening is asked for.
          again();
        },
        lost: () => setOpen(false),
        changed: (change) => apply(queries, buyer, change),
        missed: again,
      },
      end.signal,
    );
    return () => {
      end.abort();
      setOpen(false);
    };
  }, [buyer, isSeen, queries]);
  return isOpen;
}

function apply(queries: QueryClient, buyer: string, change: OrderChange): void {
  if (change.status !== 'PENDING') {
    queries.setQueryData(orderKeys.change(buyer, change.id), change);
  }
  const update = (order: Order): Order => (order.id === change.id ? withChange(order, change) : order);
  queries.setQueryData<Order | null>(orderKeys.one(buyer, change.id), (order) => order && update(order));
  const lists = { queryKey: orderKeys.lists(buyer) };
  const isListed = queries
    .getQueriesData<OrderPages>(lists)
    .some(([, data]) => data?.pages.some((page) => page.orders.some(({ id }) => id === change.id)));
  if (!isListed) {
    // It was placed elsewhere.
    void askAgain(queries, lists.queryKey);
  }
  queries.setQueriesData<OrderPages>(
    lists,
    (data) =>
      data && { ...data, pages: data.pages.map((page) => ({ ...page, orders: page.orders.map(update) })) },
  );
  void askAgain(queries, ['products']);
}

/**
 * What is under way is not given up, because somebody may have asked for it, such as for more of a list; but it
 * may have been asked for too early, so it is asked for again after it.
 */
async function askAgain(queries: QueryClient, queryKey: readonly unknown[]): Promise<void> {
  const isUnderWay = queries.isFetching({ queryKey }) > 0;
  await queries.invalidateQueries({ queryKey }, { cancelRefetch: false });
  if (isUnderWay) {
    await queries.invalidateQueries({ queryKey }, { cancelRefetch: false });
  }
}
