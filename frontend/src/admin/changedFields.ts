import type { ProductChanges } from '../api/types';

type Values = { description: string; price: string; categories: string[] };

/** Only the fields the admin has edited, because another admin may have changed the others meanwhile. */
export function changedFields(
  { description, price, categories }: Values,
  dirtyFields: Partial<Record<keyof Values, unknown>>,
): ProductChanges {
  return {
    ...(dirtyFields.description !== undefined && { description }),
    ...(dirtyFields.price !== undefined && { price: Number(price) }),
    ...(dirtyFields.categories !== undefined && { categories }),
  };
}
