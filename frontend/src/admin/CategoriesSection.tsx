import { Suspense, useState } from 'react';
import { later } from '../app/later';
import { isInTrouble, Trouble } from '../app/Trouble';
import { useCategories } from '../catalogue/useCatalogue';
import { titled } from '../product/naming';

const NewCategory = later(() => import('./NewCategory'));

export function CategoriesSection() {
  const categories = useCategories();
  const [isOpen, setOpen] = useState(false);
  return (
    <details className="card-like categories" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Categories{categories.data && ` (${categories.data.length})`}</summary>
      {isInTrouble(categories) ? (
        <Trouble query={categories} what="The categories" />
      ) : (
        <>
          <ul className="category-list">
            {categories.data?.map((each) => (
              <li key={each}>{titled(each)}</li>
            ))}
          </ul>
          <Suspense>{isOpen && <NewCategory />}</Suspense>
        </>
      )}
    </details>
  );
}
