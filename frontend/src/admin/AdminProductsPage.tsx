import { Suspense, useId, useState } from 'react';
import Button from 'react-bootstrap/Button';
import { later } from '../app/later';
import { PageTitle } from '../app/PageTitle';
import { isInTrouble, Trouble } from '../app/Trouble';
import { countText, useProducts } from '../catalogue/useCatalogue';
import { SearchField } from '../forms/SearchField';
import { CategoriesSection } from './CategoriesSection';
import { ProductTable, type TableSort } from './ProductTable';
import type { Task } from './task';

/** Looking at the table needs no form; its code comes with the first task. */
const TaskDialog = later(() => import('./TaskDialog'));

const pageSize = 50;

export default function AdminProductsPage() {
  const [task, setTask] = useState<Task | null>(null);
  return (
    <div className="page">
      <PageTitle>Manage products</PageTitle>
      <div className="page-head">
        <h1>Manage products</h1>
        <Button onClick={() => setTask({ kind: 'create' })}>New product</Button>
      </div>
      <CategoriesSection />
      <Products start={setTask} />
      <Suspense>
        {task !== null && (
          // Its answer may come when another dialog is open.
          <TaskDialog task={task} close={() => setTask((now) => (now === task ? null : now))} />
        )}
      </Suspense>
    </div>
  );
}

const stocks = { all: 'Whatever the stock', in: 'In stock', out: 'Sold out' } as const;

type Stock = keyof typeof stocks;

function Products({ start }: { start: (task: Task) => void }) {
  const [q, setQ] = useState('');
  const [stock, setStock] = useState<Stock>('all');
  const [sort, setSort] = useState<TableSort>('name');
  const products = useProducts(
    { sort, ...(q !== '' && { q }), ...(stock !== 'all' && { in_stock: stock === 'in' }) },
    pageSize,
  );
  const isFiltered = q !== '' || stock !== 'all';
  return (
    <>
      <search className="admin-filters">
        <SearchField label="Search products" className="admin-search" q={q} search={setQ} />
        <StockChoice stock={stock} change={setStock} />
      </search>
      {/* It stays while its words change: only such a change is sure to be read out. */}
      <p className="result-count" role="status">
        {products.data !== undefined && countText(products.data.length, products.hasNextPage)}
        {products.isPending && 'Loading the catalogue…'}
      </p>
      {isInTrouble(products) && <Trouble query={products} what="The catalogue" />}
      {products.data?.length === 0 && (
        <p className="quiet admin-none">{isFiltered ? 'No product matches.' : 'Nothing is on sale yet.'}</p>
      )}
      {products.data !== undefined && products.data.length > 0 && (
        <ProductTable products={products} sort={sort} change={setSort} start={start} />
      )}
    </>
  );
}

function StockChoice({ stock, change }: { stock: Stock; change: (stock: Stock) => void }) {
  const id = useId();
  return (
    <>
      <label htmlFor={id} className="visually-hidden">
        Stock
      </label>
      <select
        id={id}
        className="form-select"
        value={stock}
        onChange={(event) => isStock(event.target.value) && change(event.target.value)}
      >
        {Object.entries(stocks).map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
    </>
  );
}

function isStock(text: string): text is Stock {
  return Object.hasOwn(stocks, text);
}
