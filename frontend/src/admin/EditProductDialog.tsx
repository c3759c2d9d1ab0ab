import * as z from 'zod/mini';
import type { Product } from '../api/types';
import { useApiForm } from '../forms/useApiForm';
import { notify } from '../notices/noticeStore';
import { displayName } from '../product/displayName';
import { changedFields } from './changedFields';
import { Dialog } from './Dialog';
import { ProductFields } from './ProductFields';
import * as fields from './productFields';
import { useCatalogueMutations } from './useCatalogueMutations';

const editedProduct = z.object({
  description: fields.description,
  price: fields.price,
  categories: fields.categories,
});

export function EditProductDialog({ product, close }: { product: Product; close: () => void }) {
  const catalogue = useCatalogueMutations();
  const form = useApiForm({
    schema: editedProduct,
    defaultValues: {
      description: product.description,
      price: product.price.toFixed(2),
      categories: product.categories,
    },
    problemFields: { 'unknown-category': { field: 'categories' } },
    send: async (values, { formState }) => {
      const changes = changedFields(values, formState.dirtyFields);
      if (Object.keys(changes).length > 0) {
        // These changes are idempotent, so each attempt may have its own key.
        await catalogue.change(product.name, changes, crypto.randomUUID());
        notify({ severity: 'success', text: `${displayName(product.name)} saved.` });
      }
      close();
    },
  });
  return (
    <Dialog title={`Edit ${displayName(product.name)}`} action="Save" form={form} close={close}>
      <ProductFields field={form.field} descriptionRows={4} />
    </Dialog>
  );
}
