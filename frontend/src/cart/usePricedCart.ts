import { useQueries } from '@tanstack/react-query';
import { useDeferredValue } from 'react';
import { productQuery } from '../product/useProduct';
import { useCart } from './cartStore';
import { availabilityOf, type PricedLine } from './pricing';

/** The cart with the current price and stock of each line. */
export function usePricedCart() {
  const current = useCart();
  const deferred = useDeferredValue(current);
  // After placing an order, the cart stays visible until the order page is rendered, instead of appearing empty.
  // Other changes are rendered immediately, because the next click builds on them.
  const cart = current.length === 0 ? deferred : current;
  const products = useQueries({
    queries: cart.map((line) => ({ ...productQuery(line.name), staleTime: 0 })),
  });
  const lines: PricedLine[] = cart.map((line, index) => ({
    ...line,
    availability: availabilityOf(line, products[index]?.data),
  }));
  const failed = products.find((product) => product.isError && product.data === undefined);
  return {
    lines,
    isLoading: products.some((product) => product.isPending),
    error: failed?.error ?? null,
    retry: () => {
      for (const product of products) {
        void product.refetch();
      }
    },
  };
}
