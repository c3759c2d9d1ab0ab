import { Suspense, useState } from 'react';
import { hasLoadError, LoadError } from '../app/LoadError';
import { lazyWithPreload } from '../app/lazyWithPreload';
import { useCategories } from '../catalogue/useCatalogue';
import { displayName } from '../product/naming';

const AddCategoryForm = lazyWithPreload(() => import('./AddCategoryForm'));

export function CategoriesSection() {
  const categories = useCategories();
  const [isOpen, setOpen] = useState(false);
  return (
    <details className="card-like categories" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Categories{categories.data && ` (${categories.data.length})`}</summary>
      {hasLoadError(categories) ? (
        <LoadError query={categories} subject="the categories" />
      ) : (
        <>
          <ul className="category-list">
            {categories.data?.map((category) => (
              <li key={category}>{displayName(category)}</li>
            ))}
          </ul>
          <Suspense>{isOpen && <AddCategoryForm />}</Suspense>
        </>
      )}
    </details>
  );
}
