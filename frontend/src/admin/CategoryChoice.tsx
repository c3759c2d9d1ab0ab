import { useId } from 'react';
import type { FieldError, UseFormRegisterReturn } from 'react-hook-form';
import { useCategories } from '../catalogue/useCatalogue';
import { FieldMistake } from '../forms/Field';
import { titled } from '../product/naming';

type Props = { error: FieldError | undefined; registration: UseFormRegisterReturn };

export function CategoryChoice({ error, registration }: Props) {
  const id = useId();
  const { data: categories = [] } = useCategories();
  return (
    <fieldset className="field" aria-describedby={error ? `${id}-error` : undefined}>
      <legend className="form-label">Categories</legend>
      <div className="category-choice">
        {categories.map((category) => (
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
