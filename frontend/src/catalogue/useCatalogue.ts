import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { api } from '../api/client';
import { answerOf } from '../api/problem';
import type { paths } from '../api/schema';

type Query = NonNullable<paths['/api/products']['get']['parameters']['query']>;
export type Question = Pick<Query, 'q' | 'categoryName' | 'in_stock' | 'sort'>;

/** The products that the question is about, so many at a time. */
export function useProducts(question: Question, pageSize: number) {
  return useInfiniteQuery({
    queryKey: ['products', 'list', pageSize, question],
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: pageSize, ...question, ...(pageParam === null ? {} : { cursor: pageParam }) };
      return answerOf(api.GET('/api/products', { params: { query }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor ?? null,
    // What was shown stays until the answer is there; that there was nothing says nothing of it.
    placeholderData: (shown) =>
      shown?.pages.some(({ products }) => products.length > 0) ? shown : undefined,
    select: (data) => data.pages.flatMap((each) => each.products),
  });
}

export function useCategories() {
  return useQuery({
    queryKey: ['categories'],
    queryFn: async ({ signal }) => {
      const { categories } = await answerOf(api.GET('/api/categories', { signal }));
      return categories.map((category) => category.name);
    },
    staleTime: 60_000,
  });
}

/** How many are shown, and whether there are more. */
export function countText(shown: number, hasMore: boolean): string {
  if (shown === 0) {
    return 'No products';
  }
  return `${shown}${hasMore ? '+' : ''} ${shown === 1 && !hasMore ? 'product' : 'products'}`;
}
