import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { useNavigate } from 'react-router';
import { api } from '../api/client';
import { ApiProblem, answerOf } from '../api/problem';
import { announce } from '../notices/notices';
import { orderKeys } from '../orders/orderKeys';
import { type Cart, subtract } from './cart';
import { cartStore } from './cartStore';
import { forgetOrderKey, orderKeyFor } from './orderKey';

export function usePlaceOrder() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  // A second click can come before the button is drawn as disabled.
  const underWay = useRef(false);
  const mutation = useMutation({
    mutationFn: ({ buyer, cart }: { buyer: string; cart: Cart }) =>
      answerOf(
        api.POST('/api/orders', {
          params: { header: { 'Idempotency-Key': orderKeyFor(buyer, cart) } },
          body: { products: [...cart] },
        }),
      ),
    onSuccess: async (order, { buyer, cart }) => {
      forgetOrderKey();
      queries.setQueryData(orderKeys.one(buyer, order.id), order);
      void queries.invalidateQueries({ queryKey: orderKeys.lists(buyer) });
      announce('Your order is placed.');
      await navigate(`/orders/${order.id}`);
      cartStore.change((now) => subtract(now, cart));
    },
    onError: (error) => {
      if (isFinal(error)) {
        forgetOrderKey();
        void queries.invalidateQueries({ queryKey: ['products'] });
      }
    },
    onSettled: () => {
      underWay.current = false;
    },
  });
  const place = (buyer: string, cart: Cart) => {
    if (!underWay.current) {
      underWay.current = true;
      mutation.mutate({ buyer, cart });
    }
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
