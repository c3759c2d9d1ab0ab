import type { Question } from './useCatalogue';

export const sorts = {
  listed: 'In order of listing',
  newest: 'Newest first',
  cheapest: 'Price, low to high',
  dearest: 'Price, high to low',
  name: 'Name, A to Z',
} as const;

/** The same in the words of the shop, whose own order is that of listing. */
const asked = { newest: 'newest', cheapest: 'price', dearest: '-price', name: 'name' } as const;

export type Sort = keyof typeof sorts;
export type Filters = { q: string; category: string | null; sort: Sort; inStock: boolean };

export function filtersFrom(search: URLSearchParams): Filters {
  const sort = search.get('sort') ?? '';
  return {
    q: (search.get('q') ?? '').trim(),
    category: search.get('category'),
    sort: isSort(sort) ? sort : 'listed',
    inStock: search.get('stock') === 'in',
  };
}

/** Only what differs from the plain catalogue is in the address. */
export function searchFrom(filters: Filters): URLSearchParams {
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

/** Only what differs from the plain catalogue is asked, which before-paint.js has asked for already. */
export function questionOf({ q, category, sort, inStock }: Filters): Question {
  return {
    ...(q !== '' && { q }),
    ...(category !== null && { categoryName: category }),
    ...(sort !== 'listed' && { sort: asked[sort] }),
    ...(inStock && { in_stock: true }),
  };
}

export function isSort(text: string): text is Sort {
  return Object.hasOwn(sorts, text);
}
