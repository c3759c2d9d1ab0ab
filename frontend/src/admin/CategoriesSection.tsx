import { Suspense, useState } from 'react';
import { useCategories } from '../catalogue/useCatalogue';
import { displayName } from '../product/displayName';
import { hasLoadError, LoadError } from '../ui/LoadError';
import { lazyWithPreload } from '../ui/lazyWithPreload';

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
