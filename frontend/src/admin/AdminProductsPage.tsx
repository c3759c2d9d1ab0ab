import { Suspense, useId, useState } from 'react';
import Button from 'react-bootstrap/Button';
import { countText, useProducts } from '../catalogue/useCatalogue';
import { SearchField } from '../forms/SearchField';
import { hasLoadError, LoadError } from '../ui/LoadError';
import { lazyWithPreload } from '../ui/lazyWithPreload';
import { PageHeader } from '../ui/PageHeader';
import { CategoriesSection } from './CategoriesSection';
import type { ProductAction } from './ProductDialog';
import { ProductTable, type TableSort } from './ProductTable';

/** The form libraries load with the first dialog, because the table does not need them. */
const ProductDialog = lazyWithPreload(() => import('./ProductDialog'));

const PAGE_SIZE = 50;

export default function AdminProductsPage() {
  const [action, setAction] = useState<ProductAction | null>(null);
  return (
    <div className="page">
      <PageHeader title="Manage products">
        <Button onClick={() => setAction({ kind: 'create' })}>New product</Button>
      </PageHeader>
      <CategoriesSection />
      <Products openDialog={setAction} />
      <Suspense>
        {action !== null && (
          // Another dialog may be open when the response of this one arrives.
          <ProductDialog
            action={action}
            close={() => setAction((current) => (current === action ? null : current))}
          />
        )}
      </Suspense>
    </div>
  );
}

const stockFilters = { all: 'Any stock', in: 'In stock', out: 'Sold out' } as const;

type StockFilter = keyof typeof stockFilters;

function Products({ openDialog }: { openDialog: (action: ProductAction) => void }) {
  const [q, setQ] = useState('');
  const [stock, setStock] = useState<StockFilter>('all');
  const [sort, setSort] = useState<TableSort>('name');
  const products = useProducts(
    { sort, ...(q !== '' && { q }), ...(stock !== 'all' && { in_stock: stock === 'in' }) },
    PAGE_SIZE,
  );
  const isFiltered = q !== '' || stock !== 'all';
  return (
    <>
      <search className="admin-filters">
        <SearchField label="Search products" q={q} search={setQ} />
        <StockSelect stock={stock} change={setStock} />
      </search>
      {/* Always rendered: screen readers announce only changes of an existing status. */}
      <p className="result-count" role="status">
        {products.data !== undefined && countText(products.data.length, products.hasNextPage)}
        {products.isPending && 'Loading the catalogue…'}
      </p>
      {hasLoadError(products) && <LoadError query={products} subject="the catalogue" />}
      {products.data?.length === 0 && (
        <p className="muted admin-empty">
          {isFiltered ? 'No products match your filters.' : 'There are no products yet.'}
        </p>
      )}
      {products.data !== undefined && products.data.length > 0 && (
        <ProductTable products={products} sort={sort} changeSort={setSort} openDialog={openDialog} />
      )}
    </>
  );
}

function StockSelect({ stock, change }: { stock: StockFilter; change: (stock: StockFilter) => void }) {
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
        onChange={(event) => isStockFilter(event.target.value) && change(event.target.value)}
      >
        {Object.entries(stockFilters).map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
    </>
  );
}

function isStockFilter(value: string): value is StockFilter {
  return Object.hasOwn(stockFilters, value);
}
