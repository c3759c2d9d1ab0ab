import { useId } from 'react';
import type { UseFormRegisterReturn } from 'react-hook-form';
import { useCategories } from '../catalogue/useCatalogue';
import { ErrorText } from '../forms/Field';
import { displayName } from '../product/displayName';
import { hasLoadError, LoadError } from '../ui/LoadError';

type Props = { error: { message?: string | undefined } | undefined; registration: UseFormRegisterReturn };

export function CategoryCheckboxes({ error, registration }: Props) {
  const id = useId();
  const categories = useCategories();
  if (hasLoadError(categories)) {
    return <LoadError query={categories} subject="the categories" />;
  }
  return (
    <fieldset className="field" aria-describedby={error ? `${id}-error` : undefined}>
      <legend className="form-label">Categories</legend>
      {categories.data?.length === 0 && (
        <p className="form-text">There are no categories yet. Add one first, above the product list.</p>
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
              {displayName(category)}
            </label>
          </div>
        ))}
      </div>
      <ErrorText id={`${id}-error`} error={error} />
    </fieldset>
  );
}
