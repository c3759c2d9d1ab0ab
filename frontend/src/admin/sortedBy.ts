import type { Product } from '../api/types';
import { byName } from '../product/naming';

export const columns = ['name', 'price', 'quantity'] as const;
export type Column = (typeof columns)[number];
export type Order = { column: Column; descending: boolean };

export function sortedBy(products: Product[], { column, descending }: Order): Product[] {
  const sign = descending ? -1 : 1;
  return products.toSorted(
    (a, b) => sign * (column === 'name' ? byName(a.name, b.name) : a[column] - b[column]),
  );
}
