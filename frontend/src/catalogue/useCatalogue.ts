import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { api } from '../api/client';
import { answerOf } from '../api/problem';
import type { Product } from '../api/types';
import { arrange } from './arrange';
import { type Filters, needsAll } from './filters';

/** The first page is asked for in public/before-paint.js already, with the same size. */
export const pageSize = 24;
const largestPage = 100;

type Question = Pick<Filters, 'q' | 'category'>;

export function useCatalogue(filters: Filters) {
  const question: Question = { q: filters.q, category: filters.category };
  return useInfiniteQuery({
    queryKey: ['products', 'list', question, needsAll(filters) ? 'all' : 'pages'],
    queryFn: ({ pageParam, signal }) =>
      needsAll(filters) ? everything(question, signal) : page(question, pageParam, pageSize, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor ?? null,
    placeholderData: keepPreviousData,
    select: (data) =>
      arrange(
        data.pages.flatMap((each) => each.products),
        filters,
      ),
  });
}

function page({ q, category }: Question, cursor: string | null, limit: number, signal: AbortSignal) {
  const query = {
    limit,
    ...(q === '' ? {} : { q }),
    ...(category === null ? {} : { categoryName: category }),
    ...(cursor === null ? {} : { cursor }),
  };
  return answerOf(api.GET('/api/products', { params: { query }, signal }));
}

async function everything(question: Question, signal: AbortSignal) {
  const products: Product[] = [];
  let cursor: string | null = null;
  do {
    const next: Awaited<ReturnType<typeof page>> = await page(question, cursor, largestPage, signal);
    products.push(...next.products);
    cursor = next.next_cursor ?? null;
  } while (cursor !== null);
  return { products, next_cursor: null };
}

/** All that match, for those who keep the catalogue. */
export function useAllProducts(q: string) {
  return useQuery({
    queryKey: ['products', 'all', q],
    queryFn: ({ signal }) => everything({ q, category: null }, signal),
    placeholderData: keepPreviousData,
    select: (answer) => answer.products,
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
