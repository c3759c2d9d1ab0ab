import { useQueryClient } from '@tanstack/react-query';
import { api } from '../api/client';
import { unwrap } from '../api/problem';
import type { NewProduct, ProductChanges } from '../api/types';

/** The calls that change the catalogue. Each refetches the queries that it affects. */
export function useCatalogueMutations() {
  const queries = useQueryClient();
  const refetchProducts = () => queries.invalidateQueries({ queryKey: ['products'] });
  return {
    async create(product: NewProduct) {
      await unwrap(api.POST('/api/products', { body: { product } }));
      await refetchProducts();
    },
    async change(name: string, changes: ProductChanges, idempotencyKey: string) {
      await unwrap(
        api.PATCH('/api/products', {
          params: { query: { name }, header: { 'Idempotency-Key': idempotencyKey } },
          body: changes,
        }),
      );
      await refetchProducts();
    },
    async addCategory(name: string) {
      await unwrap(api.POST('/api/categories', { body: { name } }));
      await queries.invalidateQueries({ queryKey: ['categories'] });
    },
  };
}
