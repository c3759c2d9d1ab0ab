import { queryOptions, useQuery } from '@tanstack/react-query';
import { api } from '../api/client';
import { limitConcurrency } from '../api/limitConcurrency';
import { unwrapOrNull } from '../api/problem';

/** A cart may have a hundred lines, whose products must not be requested in one burst. */
const limited = limitConcurrency(4);

/** The product, or null if it does not exist. */
export function productQuery(name: string) {
  return queryOptions({
    queryKey: ['products', 'one', name],
    queryFn: async ({ signal }) => {
      const response = await limited(() =>
        unwrapOrNull(api.GET('/api/products', { params: { query: { name } }, signal })),
      );
      return response?.products[0] ?? null;
    },
  });
}

export function useProduct(name: string) {
  return useQuery(productQuery(name));
}
