import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { useNavigate } from 'react-router';
import { api } from '../api/client';
import { ApiProblem, unwrap } from '../api/problem';
import { announce, notify } from '../notices/noticeStore';
import { orderKeys } from '../orders/orderKeys';
import { orderPage } from '../orders/orderPage';
import type { Cart } from './cart';
import { cartStore } from './cartStore';

const PAGE_LOAD_TIMEOUT_MS = 3000;

type Placement = { buyer: string; cart: Cart; key: string };

export function usePlaceOrder() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  // A second click may come before the button is rendered as disabled.
  const isInFlight = useRef(false);
  const pageLoad = useRef<Promise<unknown>>(undefined);
  const mutation = useMutation({
    mutationFn: ({ cart, key }: Placement) => {
      // ErrorBoundary reports it if the order page fails to load.
      pageLoad.current = orderPage.preload().catch(() => undefined);
      return unwrap(
        api.POST('/api/orders', {
          params: { header: { 'Idempotency-Key': key } },
          body: { products: [...cart] },
        }),
      );
    },
    onSuccess: async (order, { buyer, cart, key }) => {
      queries.setQueryData(orderKeys.one(buyer, order.id), order);
      void queries.invalidateQueries({ queryKey: orderKeys.lists(buyer) });
      const path = `/orders/${order.id}`;
      // The cart stays visible until the order page can replace it.
      await Promise.race([
        pageLoad.current,
        new Promise((resolve) => setTimeout(resolve, PAGE_LOAD_TIMEOUT_MS)),
      ]);
      if (window.location.pathname === '/cart') {
        announce('Your order has been placed.');
        await navigate(path);
      } else {
        notify({
          severity: 'success',
          text: 'Your order has been placed.',
          link: { to: path, label: 'View order' },
        });
      }
      cartStore.removeOrdered(cart, key);
    },
    onError: (error, { key }) => {
      if (isFinal(error)) {
        cartStore.replaceKey(key);
        void queries.invalidateQueries({ queryKey: ['products'] });
      }
    },
    onSettled: () => {
      isInFlight.current = false;
    },
  });
  const place = (buyer: string, cart: Cart) => {
    if (isInFlight.current) {
      return;
    }
    const key = cartStore.orderKey(cart);
    if (key === null) {
      notify({
        severity: 'error',
        text: 'Your cart was changed in another tab. Please check it and try again.',
      });
      return;
    }
    isInFlight.current = true;
    mutation.mutate({ buyer, cart, key });
  };
  return { ...mutation, place };
}

/** Whether the shop has finally refused the order, so that a retry with the same key is pointless. */
function isFinal(error: unknown): boolean {
  return (
    error instanceof ApiProblem &&
    error.status >= 400 &&
    error.status < 500 &&
    ![401, 408, 429].includes(error.status)
  );
}
