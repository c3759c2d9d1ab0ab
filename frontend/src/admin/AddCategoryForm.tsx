import Button from 'react-bootstrap/Button';
import * as z from 'zod/mini';
import { Field } from '../forms/Field';
import { FormError } from '../forms/FormError';
import { useApiForm } from '../forms/useApiForm';
import { notify } from '../notices/noticeStore';
import { displayName } from '../product/displayName';
import * as fields from './productFields';
import { useCatalogueMutations } from './useCatalogueMutations';

const newCategory = z.object({ name: fields.name });

export default function AddCategoryForm() {
  const catalogue = useCatalogueMutations();
  const form = useApiForm({
    schema: newCategory,
    defaultValues: { name: '' },
    problemFields: { 'category-exists': { field: 'name' } },
    send: async ({ name }, { getValues, reset }) => {
      await catalogue.addCategory(name);
      notify({ severity: 'success', text: `Category ${displayName(name)} added.` });
      // The admin may have typed the next name already.
      if (getValues('name').trim() === name) {
        reset();
      }
    },
  });
  return (
    <form className="add-category" noValidate onSubmit={form.onSubmit}>
      <FormError message={form.error} />
      <Field label="New category" autoComplete="off" maxLength={100} {...form.field('name')} />
      <Button type="submit" variant="secondary" disabled={form.isSubmitting}>
        Add category
      </Button>
    </form>
  );
}
