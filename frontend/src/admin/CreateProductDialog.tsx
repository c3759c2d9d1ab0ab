import { useForm } from 'react-hook-form';
import * as z from 'zod/mini';
import { checkedBy } from '../forms/checkedBy';
import { Field } from '../forms/Field';
import { FormMistake } from '../forms/FormMistake';
import { showProblem } from '../forms/showProblem';
import { TextField } from '../forms/TextField';
import { notify } from '../notices/notices';
import { titled } from '../product/naming';
import { CategoryChoice } from './CategoryChoice';
import { Dialog } from './Dialog';
import * as rules from './productForm';
import { useChangeCatalogue } from './useChangeCatalogue';

const newProduct = z.object({
  name: rules.name,
  description: rules.description,
  price: rules.price,
  quantity: rules.stock,
  categories: rules.categories,
});

type Values = z.infer<typeof newProduct>;

export function CreateProductDialog({ close }: { close: () => void }) {
  const catalogue = useChangeCatalogue();
  const form = useForm<Values>({
    resolver: checkedBy(newProduct),
    defaultValues: { name: '', description: '', price: '', quantity: '', categories: [] },
  });
  const { errors, isDirty, isSubmitting } = form.formState;
  const submit = form.handleSubmit(async (values) => {
    try {
      await catalogue.create({ ...values, price: Number(values.price), quantity: Number(values.quantity) });
      notify({ tone: 'good', text: `${titled(values.name)} is in the catalogue.` });
      close();
    } catch (error) {
      showProblem(error, form.setError, {
        fields: ['name', 'description', 'price', 'quantity', 'categories'],
        types: { 'product-exists': 'name', 'unknown-category': 'categories' },
      });
    }
  });
  return (
    <Dialog
      title="New product"
      action="Add product"
      isBusy={isSubmitting}
      isDirty={isDirty}
      submit={(event) => void submit(event)}
      close={close}
    >
      <FormMistake message={errors.root?.message} />
      <Field
        label="Name"
        autoComplete="off"
        maxLength={100}
        error={errors.name}
        registration={form.register('name')}
      />
      <TextField
        label="Description"
        rows={3}
        error={errors.description}
        registration={form.register('description')}
      />
      <div className="form-pair">
        <Field
          label="Price in euros"
          inputMode="decimal"
          autoComplete="off"
          error={errors.price}
          registration={form.register('price')}
        />
        <Field
          label="Pieces in stock"
          inputMode="numeric"
          autoComplete="off"
          error={errors.quantity}
          registration={form.register('quantity')}
        />
      </div>
      <CategoryChoice error={errors.categories} registration={form.register('categories')} />
    </Dialog>
  );
}
