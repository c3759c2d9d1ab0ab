import type { ProductQuery } from './useCatalogue';

export const sorts = {
  featured: 'Featured',
  newest: 'Newest first',
  'price-asc': 'Price, low to high',
  'price-desc': 'Price, high to low',
  name: 'Name, A to Z',
} as const;

/** The `sort` values of the API. Its default is the order of creation. */
const apiSorts = { newest: 'newest', 'price-asc': 'price', 'price-desc': '-price', name: 'name' } as const;

export type Sort = keyof typeof sorts;

/** Former values of `sort`, which old links still contain. */
const formerSorts = new Map<string, Sort>([
  ['cheapest', 'price-asc'],
  ['dearest', 'price-desc'],
]);

export type Filters = { q: string; category: string | null; sort: Sort; inStock: boolean };

export function parseFilters(search: URLSearchParams): Filters {
  return {
    q: (search.get('q') ?? '').trim(),
    category: search.get('category'),
    sort: parseSort(search.get('sort') ?? ''),
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
  if (filters.sort !== 'featured') {
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
    ...(sort !== 'featured' && { sort: apiSorts[sort] }),
    ...(inStock && { in_stock: true }),
  };
}

function parseSort(text: string): Sort {
  return isSort(text) ? text : (formerSorts.get(text) ?? 'featured');
}

export function isSort(value: string): value is Sort {
  return Object.hasOwn(sorts, value);
}
