import { useState } from 'react';
import Button from 'react-bootstrap/Button';
import { Link } from 'react-router';
import type { Product } from '../api/types';
import { useGrowingList } from '../app/useGrowingList';
import { priceText } from '../product/money';
import { productPath, titled } from '../product/naming';
import { StockNote } from '../product/StockNote';
import { type Column, columns, type Order, sortedBy } from './sortedBy';
import type { Task } from './task';

const step = 50;

type Props = { products: Product[]; start: (task: Task) => void };

export function ProductTable({ products, start }: Props) {
  const [order, setOrder] = useState<Order>({ column: 'name', descending: false });
  const [most, setMost] = useState(step);
  const shown = sortedBy(products, order).slice(0, most);
  const { list, willGrow } = useGrowingList<HTMLTableSectionElement>(shown.length);
  if (products.length === 0) {
    return <p className="quiet admin-none">No product matches.</p>;
  }
  return (
    <>
      <p className="result-count" role="status">
        {products.length === 1 ? '1 product' : `${products.length} products`}
      </p>
      <table className="admin-table">
        <thead>
          <tr>
            {columns.map((column) => (
              <SortableHead key={column} column={column} order={order} sort={setOrder} />
            ))}
            <th scope="col">Categories</th>
            <th scope="col">
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody ref={list}>
          {shown.map((product) => (
            <Row key={product.name} product={product} start={start} />
          ))}
        </tbody>
      </table>
      {products.length > most && (
        <div className="show-more">
          <Button
            variant="outline-primary"
            onClick={() => {
              willGrow();
              setMost(most + step);
            }}
          >
            Show more
          </Button>
        </div>
      )}
    </>
  );
}

const words: Record<Column, string> = { name: 'Product', price: 'Price', quantity: 'Stock' };

function SortableHead({
  column,
  order,
  sort,
}: {
  column: Column;
  order: Order;
  sort: (order: Order) => void;
}) {
  const chosen = order.column === column;
  const direction = order.descending ? 'descending' : 'ascending';
  return (
    <th scope="col" aria-sort={chosen ? direction : 'none'}>
      <button type="button" onClick={() => sort({ column, descending: chosen && !order.descending })}>
        {words[column]}
        <span aria-hidden="true">{chosen ? (order.descending ? ' ↓' : ' ↑') : ' ↕'}</span>
      </button>
    </th>
  );
}

function Row({ product, start }: { product: Product; start: Props['start'] }) {
  return (
    <tr>
      <th scope="row">
        <Link to={productPath(product.name)}>{titled(product.name)}</Link>
        <span className="admin-description">{product.description}</span>
      </th>
      <td data-label="Price" className="price">
        {priceText(product.price)}
      </td>
      <td data-label="Stock">
        {product.quantity > 99 ? (
          <span className="stock stock-plenty">{product.quantity} in stock</span>
        ) : (
          <StockNote quantity={product.quantity} />
        )}
      </td>
      <td data-label="Categories">{product.categories.map(titled).join(', ')}</td>
      <td className="admin-actions">
        <Button size="sm" variant="secondary" onClick={() => start({ kind: 'edit', product })}>
          Edit<span className="visually-hidden"> {titled(product.name)}</span>
        </Button>
        <Button size="sm" variant="secondary" onClick={() => start({ kind: 'restock', product })}>
          Restock<span className="visually-hidden"> {titled(product.name)}</span>
        </Button>
      </td>
    </tr>
  );
}
