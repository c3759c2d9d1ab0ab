import type { ProductQuery } from './useCatalogue';

export const sorts = {
  listed: 'Featured',
  newest: 'Newest first',
  cheapest: 'Price, low to high',
  dearest: 'Price, high to low',
  name: 'Name, A to Z',
} as const;

/** The `sort` values of the API. Its default is the order of creation. */
const apiSorts = { newest: 'newest', cheapest: 'price', dearest: '-price', name: 'name' } as const;

export type Sort = keyof typeof sorts;
export type Filters = { q: string; category: string | null; sort: Sort; inStock: boolean };

export function parseFilters(search: URLSearchParams): Filters {
  const sort = search.get('sort') ?? '';
  return {
    q: (search.get('q') ?? '').trim(),
    category: search.get('category'),
    sort: isSort(sort) ? sort : 'listed',
    inStock: search.get('stock') === 'in',
  };
}

/** Only filters that are set are in the address. */
export function toSearchParams(filters: Filters): URLSearchParams {
  const search = new URLSearchParams();
  if (filters.q !== '') {
    search.set('q', filters.q);
  }
  if (filters.category !== null) {
    search.set('category', filters.category);
  }
  if (filters.sort !== 'listed') {
    search.set('sort', filters.sort);
  }
  if (filters.inStock) {
    search.set('stock', 'in');
  }
  return search;
}

/** Without filters the query is empty, so that it matches the request that before-paint.js prefetches. */
export function toQuery({ q, category, sort, inStock }: Filters): ProductQuery {
  return {
    ...(q !== '' && { q }),
    ...(category !== null && { categoryName: category }),
    ...(sort !== 'listed' && { sort: apiSorts[sort] }),
    ...(inStock && { in_stock: true }),
  };
}

export function isSort(value: string): value is Sort {
  return Object.hasOwn(sorts, value);
}
