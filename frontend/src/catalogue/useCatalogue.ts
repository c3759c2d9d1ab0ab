import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { api } from '../api/client';
import { unwrap } from '../api/problem';
import type { paths } from '../api/schema';

type Query = NonNullable<paths['/api/products']['get']['parameters']['query']>;
export type ProductQuery = Pick<Query, 'q' | 'categoryName' | 'in_stock' | 'sort'>;

/** The products that match, page by page. */
export function useProducts(query: ProductQuery, pageSize: number) {
  return useInfiniteQuery({
    queryKey: ['products', 'list', pageSize, query],
    queryFn: ({ pageParam, signal }) => {
      const page = { limit: pageSize, ...(pageParam === null ? {} : { cursor: pageParam }) };
      return unwrap(api.GET('/api/products', { params: { query: { ...page, ...query } }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor ?? null,
    // The previous results stay visible while new ones load, unless they were empty.
    placeholderData: (previous) =>
      previous?.pages.some(({ products }) => products.length > 0) ? previous : undefined,
    select: (data) => data.pages.flatMap((page) => page.products),
  });
}

export function useCategories() {
  return useQuery({
    queryKey: ['categories'],
    queryFn: async ({ signal }) => {
      const { categories } = await unwrap(api.GET('/api/categories', { signal }));
      return categories.map((category) => category.name);
    },
    staleTime: 60_000,
  });
}

/** A plus means that there are more pages. */
export function countText(shown: number, hasMore: boolean): string {
  if (shown === 0) {
    return 'No products';
  }
  return `${shown}${hasMore ? '+' : ''} ${shown === 1 && !hasMore ? 'product' : 'products'}`;
}
