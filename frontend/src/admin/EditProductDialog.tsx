import { useForm } from 'react-hook-form';
import * as z from 'zod/mini';
import type { Product } from '../api/types';
import { checkedBy } from '../forms/checkedBy';
import { Field } from '../forms/Field';
import { FormMistake } from '../forms/FormMistake';
import { showProblem } from '../forms/showProblem';
import { TextField } from '../forms/TextField';
import { notify } from '../notices/notices';
import { titled } from '../product/naming';
import { CategoryChoice } from './CategoryChoice';
import { changesOf } from './changesOf';
import { Dialog } from './Dialog';
import * as rules from './productForm';
import { useChangeCatalogue } from './useChangeCatalogue';

const editable = z.object({
  description: rules.description,
  price: rules.price,
  categories: rules.categories,
});

type Values = z.infer<typeof editable>;

export function EditProductDialog({ product, close }: { product: Product; close: () => void }) {
  const catalogue = useChangeCatalogue();
  const form = useForm<Values>({
    resolver: checkedBy(editable),
    defaultValues: {
      description: product.description,
      price: product.price.toFixed(2),
      categories: product.categories,
    },
  });
  const { errors, dirtyFields, isDirty, isSubmitting } = form.formState;
  const submit = form.handleSubmit(async (values) => {
    const changes = changesOf(values, dirtyFields);
    if (Object.keys(changes).length === 0) {
      close();
      return;
    }
    try {
      // Saving twice changes nothing more; a key of its own lets the shop see each saving for itself.
      await catalogue.change(product.name, changes, crypto.randomUUID());
      notify({ tone: 'good', text: `${titled(product.name)} is changed.` });
      close();
    } catch (error) {
      showProblem(error, form.setError, {
        fields: ['description', 'price', 'categories'],
        types: { 'unknown-category': 'categories' },
      });
    }
  });
  return (
    <Dialog
      title={`Edit ${titled(product.name)}`}
      action="Save"
      isBusy={isSubmitting}
      isDirty={isDirty}
      submit={(event) => void submit(event)}
      close={close}
    >
      <FormMistake message={errors.root?.message} />
      <TextField
        label="Description"
        rows={4}
        error={errors.description}
        registration={form.register('description')}
      />
      <Field
        label="Price in euros"
        inputMode="decimal"
        autoComplete="off"
        error={errors.price}
        registration={form.register('price')}
      />
      <CategoryChoice error={errors.categories} registration={form.register('categories')} />
    </Dialog>
  );
}
