import { queryOptions, useQuery } from '@tanstack/react-query';
import { atMost } from '../api/atMost';
import { api } from '../api/client';
import { answerOrNone } from '../api/problem';

/** A cart of a hundred lines is no burst of a hundred calls. */
const inTurn = atMost(4);

/** The product; null if the shop has no such thing. */
export function productQuery(name: string) {
  return queryOptions({
    queryKey: ['products', 'one', name],
    queryFn: async ({ signal }) => {
      const answer = await inTurn(() =>
        answerOrNone(api.GET('/api/products', { params: { query: { name } }, signal })),
      );
      return answer?.products[0] ?? null;
    },
  });
}

export function useProduct(name: string) {
  return useQuery(productQuery(name));
}
