import { useId } from 'react';
import type { UseFormRegisterReturn } from 'react-hook-form';
import { isInTrouble, Trouble } from '../app/Trouble';
import { useCategories } from '../catalogue/useCatalogue';
import { FieldMistake } from '../forms/Field';
import { titled } from '../product/naming';

type Props = { error: { message?: string | undefined } | undefined; registration: UseFormRegisterReturn };

export function CategoryChoice({ error, registration }: Props) {
  const id = useId();
  const categories = useCategories();
  if (isInTrouble(categories)) {
    return <Trouble query={categories} what="The categories" />;
  }
  return (
    <fieldset className="field" aria-describedby={error ? `${id}-error` : undefined}>
      <legend className="form-label">Categories</legend>
      {categories.data?.length === 0 && (
        <p className="form-text">There is none yet. Make a category first, above the list of products.</p>
      )}
      <div className="category-choice">
        {categories.data?.map((category) => (
          <div key={category} className="form-check">
            <input
              id={`${id}-${category}`}
              type="checkbox"
              className="form-check-input"
              value={category}
              {...registration}
            />
            <label htmlFor={`${id}-${category}`} className="form-check-label">
              {titled(category)}
            </label>
          </div>
        ))}
      </div>
      <FieldMistake id={`${id}-error`} error={error} />
    </fieldset>
  );
}
