import Button from 'react-bootstrap/Button';
import { useForm } from 'react-hook-form';
import * as z from 'zod/mini';
import { checkedBy } from '../forms/checkedBy';
import { Field } from '../forms/Field';
import { FormMistake } from '../forms/FormMistake';
import { showProblem } from '../forms/showProblem';
import { notify } from '../notices/notices';
import { titled } from '../product/naming';
import * as rules from './productForm';
import { useChangeCatalogue } from './useChangeCatalogue';

const category = z.object({ name: rules.name });

export default function NewCategory() {
  const catalogue = useChangeCatalogue();
  const form = useForm<z.infer<typeof category>>({
    resolver: checkedBy(category),
    defaultValues: { name: '' },
  });
  const { errors, isSubmitting } = form.formState;
  const submit = form.handleSubmit(async ({ name }) => {
    try {
      await catalogue.addCategory(name);
      notify({ tone: 'good', text: `The category ${titled(name)} is made.` });
      // The next one may be typed already.
      if (form.getValues('name').trim() === name) {
        form.reset();
      }
    } catch (error) {
      showProblem(error, form.setError, { fields: ['name'], types: { 'category-exists': 'name' } });
    }
  });
  return (
    <form className="new-category" noValidate onSubmit={(event) => void submit(event)}>
      <FormMistake message={errors.root?.message} />
      <Field
        label="New category"
        autoComplete="off"
        maxLength={100}
        error={errors.name}
        registration={form.register('name')}
      />
      <Button type="submit" variant="secondary" disabled={isSubmitting}>
        Add category
      </Button>
    </form>
  );
}
