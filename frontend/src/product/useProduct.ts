import { queryOptions, useQuery } from '@tanstack/react-query';
import { atMost } from '../api/atMost';
import { api } from '../api/client';
import { ApiProblem, answerOf } from '../api/problem';

/** A cart of a hundred lines is no burst of a hundred calls. */
const inTurn = atMost(4);

export function productQuery(name: string) {
  return queryOptions({
    queryKey: ['products', 'one', name],
    queryFn: async ({ signal }) => {
      const { products } = await inTurn(() =>
        answerOf(api.GET('/api/products', { params: { query: { name } }, signal })),
      );
      const [product] = products;
      if (product === undefined) {
        throw new ApiProblem({
          type: '/problems/not-found',
          title: '',
          status: 404,
          detail: 'The requested product does not exist.',
        });
      }
      return product;
    },
  });
}

export function useProduct(name: string) {
  return useQuery(productQuery(name));
}

export function isGone(error: unknown): boolean {
  return error instanceof ApiProblem && error.status === 404;
}
