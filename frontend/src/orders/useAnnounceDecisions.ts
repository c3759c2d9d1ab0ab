import { useEffect, useRef } from 'react';
import type { Order, OrderStatus } from '../api/types';
import { announce } from '../notices/noticeStore';
import { shortId } from './shortId';
import { statusText } from './status';

/** Announces decisions of the orders on the page, whether they come from the event stream or from polling. */
export function useAnnounceDecisions(orders: readonly Order[]): void {
  const lastStatus = useRef(new Map<string, OrderStatus>());
  useEffect(() => {
    for (const { id, status } of orders) {
      if (lastStatus.current.get(id) === 'PENDING' && status !== 'PENDING') {
        announce(`Order ${shortId(id)}: ${statusText(status).message}`);
      }
      lastStatus.current.set(id, status);
    }
  }, [orders]);
}
