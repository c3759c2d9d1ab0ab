import { Suspense, useState } from 'react';
import { later } from '../app/later';
import { useCategories } from '../catalogue/useCatalogue';
import { titled } from '../product/naming';

const NewCategory = later(() => import('./NewCategory'));

export function CategoriesSection() {
  const { data: categories = [] } = useCategories();
  const [isOpen, setOpen] = useState(false);
  return (
    <details className="card-like categories" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Categories ({categories.length})</summary>
      <ul className="category-list">
        {categories.map((each) => (
          <li key={each}>{titled(each)}</li>
        ))}
      </ul>
      <Suspense>{isOpen && <NewCategory />}</Suspense>
    </details>
  );
}
