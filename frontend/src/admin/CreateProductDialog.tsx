import * as z from 'zod/mini';
import { Field } from '../forms/Field';
import { useApiForm } from '../forms/useApiForm';
import { notify } from '../notices/noticeStore';
import { displayName } from '../product/displayName';
import { Dialog } from './Dialog';
import { ProductFields } from './ProductFields';
import * as fields from './productFields';
import { useCatalogueMutations } from './useCatalogueMutations';

const newProduct = z.object({
  name: fields.name,
  description: fields.description,
  price: fields.price,
  quantity: fields.stock,
  categories: fields.categories,
});

export function CreateProductDialog({ close }: { close: () => void }) {
  const catalogue = useCatalogueMutations();
  const form = useApiForm({
    schema: newProduct,
    defaultValues: { name: '', description: '', price: '', quantity: '', categories: [] },
    problemFields: { 'product-exists': { field: 'name' }, 'unknown-category': { field: 'categories' } },
    send: async (values) => {
      await catalogue.create({ ...values, price: Number(values.price), quantity: Number(values.quantity) });
      notify({ severity: 'success', text: `${displayName(values.name)} added to the catalogue.` });
      close();
    },
  });
  return (
    <Dialog title="New product" action="Add product" form={form} close={close}>
      <Field label="Name" autoComplete="off" maxLength={100} {...form.field('name')} />
      <ProductFields field={form.field} descriptionRows={3}>
        <Field label="Items in stock" inputMode="numeric" autoComplete="off" {...form.field('quantity')} />
      </ProductFields>
    </Dialog>
  );
}
