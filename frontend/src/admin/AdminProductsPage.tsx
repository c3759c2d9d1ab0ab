import { lazy, Suspense, useDeferredValue, useState } from 'react';
import Button from 'react-bootstrap/Button';
import { PageTitle } from '../app/PageTitle';
import { Trouble } from '../app/Trouble';
import { useAllProducts } from '../catalogue/useCatalogue';
import { CategoriesSection } from './CategoriesSection';
import { ProductTable } from './ProductTable';
import type { Task } from './task';

/** Looking at the table needs no form; its code comes with the first task. */
const TaskDialog = lazy(() => import('./TaskDialog'));

export default function AdminProductsPage() {
  const [typed, setTyped] = useState('');
  const [task, setTask] = useState<Task | null>(null);
  const q = useDeferredValue(typed.trim());
  return (
    <div className="page">
      <PageTitle>Manage products</PageTitle>
      <div className="page-head">
        <h1>Manage products</h1>
        <Button onClick={() => setTask({ kind: 'create' })}>New product</Button>
      </div>
      <CategoriesSection />
      <search>
        <input
          type="search"
          className="form-control admin-search"
          placeholder="Search products"
          aria-label="Search products"
          autoComplete="off"
          maxLength={200}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      </search>
      <Products q={q} start={setTask} />
      <Suspense>{task !== null && <TaskDialog task={task} close={() => setTask(null)} />}</Suspense>
    </div>
  );
}

function Products({ q, start }: { q: string; start: (task: Task) => void }) {
  const products = useAllProducts(q);
  if (products.data !== undefined) {
    return <ProductTable products={products.data} start={start} />;
  }
  if (products.isError) {
    return <Trouble error={products.error} what="The catalogue" retry={() => void products.refetch()} />;
  }
  return (
    <p className="quiet" role="status">
      Loading the catalogue…
    </p>
  );
}
