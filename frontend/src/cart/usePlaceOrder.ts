import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { useNavigate } from 'react-router';
import { api } from '../api/client';
import { ApiProblem, answerOf } from '../api/problem';
import { announce, notify } from '../notices/notices';
import { orderKeys } from '../orders/orderKeys';
import { orderPage } from '../orders/orderPage';
import type { Cart } from './cart';
import { cartStore } from './cartStore';

/** In milliseconds. */
const longestWaitForPage = 3000;

type Placement = { buyer: string; cart: Cart; key: string };

export function usePlaceOrder() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  // A second click can come before the button is drawn as disabled.
  const underWay = useRef(false);
  const code = useRef<Promise<unknown>>(undefined);
  const mutation = useMutation({
    mutationFn: ({ cart, key }: Placement) => {
      // Where its code does not come, the page says so itself.
      code.current = orderPage.fetch().catch(() => undefined);
      return answerOf(
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
      // The cart stays in sight until there is a page to go to, but not for good: it has been ordered.
      await Promise.race([code.current, new Promise((goOn) => setTimeout(goOn, longestWaitForPage))]);
      if (window.location.pathname === '/cart') {
        announce('Your order is placed.');
        await navigate(path);
      } else {
        notify({ tone: 'good', text: 'Your order is placed.', link: { to: path, words: 'See order' } });
      }
      cartStore.takeOut(cart, key);
    },
    onError: (error, { key }) => {
      if (isFinal(error)) {
        cartStore.renewOrderKey(key);
        void queries.invalidateQueries({ queryKey: ['products'] });
      }
    },
    onSettled: () => {
      underWay.current = false;
    },
  });
  const place = (buyer: string, cart: Cart) => {
    if (underWay.current) {
      return;
    }
    const key = cartStore.orderKey(cart);
    if (key === null) {
      notify({ tone: 'bad', text: 'Your cart was changed in another tab. Please look at it again.' });
      return;
    }
    underWay.current = true;
    mutation.mutate({ buyer, cart, key });
  };
  return { ...mutation, place };
}

/** The shop has refused this order: it was not placed and will not be. */
function isFinal(error: unknown): boolean {
  return (
    error instanceof ApiProblem &&
    error.status >= 400 &&
    error.status < 500 &&
    ![401, 408, 429].includes(error.status)
  );
}
