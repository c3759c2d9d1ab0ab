import { useRef } from 'react';
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
import { useChangeCatalogue } from './useChangeCatalogue';

const restock = z.object({ delta: rules.delta });

type Values = z.infer<typeof restock>;

export function RestockDialog({ product, close }: { product: Product; close: () => void }) {
  const catalogue = useChangeCatalogue();
  const key = useKeyPerAmount();
  const form = useForm<Values>({ resolver: checkedBy(restock), defaultValues: { delta: '' } });
  const { errors, isSubmitting } = form.formState;
  const submit = form.handleSubmit(async ({ delta }) => {
    const pieces = Number(delta);
    try {
      await catalogue.change(product.name, { add_quantity: pieces }, key(pieces));
      notify({
        tone: 'good',
        text: `${titled(product.name)}: ${delta.startsWith('-') ? delta : `+${Math.abs(pieces)}`} pieces.`,
      });
      close();
    } catch (error) {
      showProblem(error, form.setError, {
        fields: ['delta'],
        types: { 'bad-request': 'delta' },
      });
    }
  });
  return (
    <Dialog
      title={`Restock ${titled(product.name)}`}
      action="Restock"
      isBusy={isSubmitting}
      submit={(event) => void submit(event)}
      close={close}
    >
      <FormMistake message={errors.root?.message} />
      <p className="quiet">There are {product.quantity} now.</p>
      <Field
        label="Pieces that came in"
        hint="With a minus for pieces that went out, such as -3."
        autoComplete="off"
        error={errors.delta}
        registration={form.register('delta')}
      />
    </Dialog>
  );
}

/** Trying the same amount again after a lost answer must not restock twice. */
function useKeyPerAmount(): (pieces: number) => string {
  const last = useRef({ pieces: 0, key: '' });
  return (pieces) => {
    if (last.current.pieces !== pieces) {
      last.current = { pieces, key: crypto.randomUUID() };
    }
    return last.current.key;
  };
}
