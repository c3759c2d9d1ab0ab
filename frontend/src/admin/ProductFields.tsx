import type { ReactNode } from 'react';
import type { FieldError, UseFormRegisterReturn } from 'react-hook-form';
import { Field } from '../forms/Field';
import { CategoryCheckboxes } from './CategoryCheckboxes';

type Name = 'description' | 'price' | 'categories';

type Props = {
  field: (name: Name) => { error: FieldError | undefined; registration: UseFormRegisterReturn };
  descriptionRows: number;
  /** A field next to the price. */
  children?: ReactNode;
};

/** The fields that creating and editing a product have in common. */
export function ProductFields({ field, descriptionRows, children }: Props) {
  const price = <Field label="Price in euros" inputMode="decimal" autoComplete="off" {...field('price')} />;
  return (
    <>
      <Field label="Description" rows={descriptionRows} {...field('description')} />
      {children ? (
        <div className="form-pair">
          {price}
          {children}
        </div>
      ) : (
        price
      )}
      <CategoryCheckboxes {...field('categories')} />
    </>
  );
}
