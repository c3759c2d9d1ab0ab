import { useEffect, useRef } from 'react';
import type { Order, OrderStatus } from '../api/types';
import { announce } from '../notices/notices';
import { shortId } from './shortId';
import { statusWords } from './status';

/** Says it when an order that is shown has been decided, whether the stream told or asking did. */
export function useAnnounceDecisions(orders: readonly Order[]): void {
  const shown = useRef(new Map<string, OrderStatus>());
  useEffect(() => {
    for (const { id, status } of orders) {
      if (shown.current.get(id) === 'PENDING' && status !== 'PENDING') {
        announce(`Order ${shortId(id)}: ${statusWords[status].sentence}`);
      }
      shown.current.set(id, status);
    }
  }, [orders]);
}
