import type { ProductChanges } from '../api/types';

type Values = { description: string; price: string; categories: string[] };

/** What was touched, and nothing else: the rest may have been changed by another admin meanwhile. */
export function changesOf(
  { description, price, categories }: Values,
  touched: Partial<Record<keyof Values, unknown>>,
): ProductChanges {
  return {
    ...(touched.description !== undefined && { description }),
    ...(touched.price !== undefined && { price: Number(price) }),
    ...(touched.categories !== undefined && { categories }),
  };
}
