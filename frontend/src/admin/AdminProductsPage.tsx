import { Suspense, useState } from 'react';
import Button from 'react-bootstrap/Button';
import { later } from '../app/later';
import { PageTitle } from '../app/PageTitle';
import { Trouble } from '../app/Trouble';
import { useAllProducts } from '../catalogue/useCatalogue';
import { SearchField } from '../forms/SearchField';
import { CategoriesSection } from './CategoriesSection';
import { ProductTable } from './ProductTable';
import type { Task } from './task';
import { useRestockKeys } from './useRestockKeys';

/** Looking at the table needs no form; its code comes with the first task. */
const TaskDialog = later(() => import('./TaskDialog'));

export default function AdminProductsPage() {
  const [q, setQ] = useState('');
  const [task, setTask] = useState<Task | null>(null);
  const restockKeys = useRestockKeys();
  return (
    <div className="page">
      <PageTitle>Manage products</PageTitle>
      <div className="page-head">
        <h1>Manage products</h1>
        <Button onClick={() => setTask({ kind: 'create' })}>New product</Button>
      </div>
      <CategoriesSection />
      <search>
        <SearchField label="Search products" className="admin-search" q={q} search={setQ} />
      </search>
      <Products q={q} start={setTask} />
      <Suspense>
        {task !== null && <TaskDialog task={task} restockKeys={restockKeys} close={() => setTask(null)} />}
      </Suspense>
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
