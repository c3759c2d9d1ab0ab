import { useQueryClient } from '@tanstack/react-query';
import { api } from '../api/client';
import { answerOf } from '../api/problem';
import type { NewProduct, ProductChanges } from '../api/types';

/** What an admin can do to the catalogue. Whatever is shown of it is asked for again afterwards. */
export function useChangeCatalogue() {
  const queries = useQueryClient();
  const refresh = () => queries.invalidateQueries({ queryKey: ['products'] });
  return {
    async create(product: NewProduct) {
      await answerOf(api.POST('/api/products', { body: { product } }));
      await refresh();
    },
    async change(name: string, changes: ProductChanges, key: string) {
      await answerOf(
        api.PATCH('/api/products', {
          params: { query: { name }, header: { 'Idempotency-Key': key } },
          body: changes,
        }),
      );
      await refresh();
    },
    async addCategory(name: string) {
      await answerOf(api.POST('/api/categories', { body: { name } }));
      await queries.invalidateQueries({ queryKey: ['categories'] });
    },
  };
}
