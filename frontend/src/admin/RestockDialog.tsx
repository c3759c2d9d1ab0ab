import { useForm } from 'react-hook-form';
import * as z from 'zod/mini';
import type { Product } from '../api/types';
import { checkedBy } from '../forms/checkedBy';
import { Field } from '../forms/Field';
import { FormMistake } from '../forms/FormMistake';
import { showProblem } from '../forms/showProblem';
import { notify } from '../notices/notices';
import { titled } from '../product/naming';
import { Dialog } from './Dialog';
import * as rules from './productForm';
import { restockKeys } from './restockKeys';
import { useChangeCatalogue } from './useChangeCatalogue';

const restock = z.object({ add_quantity: rules.delta });

type Values = z.infer<typeof restock>;

type Props = { product: Product; close: () => void };

export function RestockDialog({ product, close }: Props) {
  const catalogue = useChangeCatalogue();
  const form = useForm<Values>({ resolver: checkedBy(restock), defaultValues: { add_quantity: '' } });
  const { errors, isDirty, isSubmitting } = form.formState;
  const submit = form.handleSubmit(async ({ add_quantity }) => {
    const pieces = Number(add_quantity);
    try {
      await catalogue.change(
        product.name,
        { add_quantity: pieces },
        restockKeys.keyFor(product.name, pieces),
      );
      restockKeys.done(product.name, pieces);
      notify({ tone: 'good', text: `${titled(product.name)}: ${pieces > 0 ? '+' : ''}${pieces} pieces.` });
      close();
    } catch (error) {
      showProblem(error, form.setError, {
        fields: ['add_quantity'],
        types: { 'bad-request': 'add_quantity' },
      });
    }
  });
  return (
    <Dialog
      title={`Restock ${titled(product.name)}`}
      action="Restock"
      isBusy={isSubmitting}
      isDirty={isDirty}
      submit={(event) => void submit(event)}
      close={close}
    >
      <FormMistake message={errors.root?.message} />
      <p className="quiet">There are {product.quantity} now.</p>
      <Field
        label="Pieces that came in"
        hint="With a minus for pieces that went out, such as -3."
        autoComplete="off"
        error={errors.add_quantity}
        registration={form.register('add_quantity')}
      />
    </Dialog>
  );
}
