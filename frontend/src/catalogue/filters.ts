export const sorts = {
  listed: 'In order of listing',
  newest: 'Newest first',
  cheapest: 'Price, low to high',
  dearest: 'Price, high to low',
  name: 'Name, A to Z',
} as const;

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

/** The shop pages in the order of listing; any other choice needs everything before the first can be shown. */
export function needsAll(filters: Filters): boolean {
  return filters.sort !== 'listed' || filters.inStock;
}

export function isSort(text: string): text is Sort {
  return Object.hasOwn(sorts, text);
}
