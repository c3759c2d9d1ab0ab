import * as z from 'zod/mini';
import type { Product } from '../api/types';
import { Field } from '../forms/Field';
import { useApiForm } from '../forms/useApiForm';
import { notify } from '../notices/noticeStore';
import { displayName } from '../product/displayName';
import { Dialog } from './Dialog';
import * as fields from './productFields';
import { restockKeys } from './restockKeys';
import { useCatalogueMutations } from './useCatalogueMutations';

const restock = z.object({ add_quantity: fields.stockChange });

export function RestockDialog({ product, close }: { product: Product; close: () => void }) {
  const catalogue = useCatalogueMutations();
  const name = displayName(product.name);
  const form = useApiForm({
    schema: restock,
    defaultValues: { add_quantity: '' },
    problemFields: { 'bad-request': { field: 'add_quantity' } },
    send: async (values) => {
      const quantity = Number(values.add_quantity);
      const key = restockKeys.keyFor(product.name, quantity);
      await catalogue.change(product.name, { add_quantity: quantity }, key);
      restockKeys.discard(product.name, quantity);
      notify({
        severity: 'success',
        text: `${name}: stock changed by ${quantity > 0 ? '+' : ''}${quantity}.`,
      });
      close();
    },
  });
  return (
    <Dialog title={`Restock ${name}`} action="Restock" form={form} close={close}>
      <p className="muted">In stock: {product.quantity}</p>
      <Field
        label="Change in stock"
        hint="Use a minus sign to remove items, such as -3."
        autoComplete="off"
        {...form.field('add_quantity')}
      />
    </Dialog>
  );
}
