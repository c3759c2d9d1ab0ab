import type { Product } from '../api/types';

export const columns = ['name', 'price', 'quantity'] as const;
export type Column = (typeof columns)[number];
export type Order = { column: Column; descending: boolean };

const byName = new Intl.Collator('en-GB', { numeric: true, sensitivity: 'base' }).compare;

export function sortedBy(products: Product[], { column, descending }: Order): Product[] {
  const sign = descending ? -1 : 1;
  return products.toSorted(
    (a, b) => sign * (column === 'name' ? byName(a.name, b.name) : a[column] - b[column]),
  );
}
