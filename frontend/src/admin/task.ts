import type { Product } from '../api/types';

/** What an admin has begun to do with a product. */
export type Task =
  | { kind: 'create' }
  | { kind: 'edit'; product: Product }
  | { kind: 'restock'; product: Product };
