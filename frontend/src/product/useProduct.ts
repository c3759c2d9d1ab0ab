import { queryOptions, useQuery } from '@tanstack/react-query';
import { api } from '../api/client';
import { ApiProblem, answerOf } from '../api/problem';

export function productQuery(name: string) {
  return queryOptions({
    queryKey: ['products', 'one', name],
    queryFn: async ({ signal }) => {
      const { products } = await answerOf(api.GET('/api/products', { params: { query: { name } }, signal }));
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
