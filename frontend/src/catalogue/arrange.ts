import type { Product } from '../api/types';
import { byName } from '../product/naming';
import type { Filters, Sort } from './filters';

const orders: Record<Exclude<Sort, 'listed' | 'newest'>, (a: Product, b: Product) => number> = {
  cheapest: (a, b) => a.price - b.price,
  dearest: (a, b) => b.price - a.price,
  name: (a, b) => byName(a.name, b.name),
};

/** Filters and sorts products that came in the order of listing. */
export function arrange(
  products: Product[],
  { sort, inStock }: Pick<Filters, 'sort' | 'inStock'>,
): Product[] {
  const wanted = inStock ? products.filter((product) => product.quantity > 0) : products;
  switch (sort) {
    case 'listed':
      return wanted;
    case 'newest':
      return wanted.toReversed();
    default:
      return wanted.toSorted(orders[sort]);
  }
}
