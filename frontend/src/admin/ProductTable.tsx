import Button from 'react-bootstrap/Button';
import { Link } from 'react-router';
import type { Product } from '../api/types';
import { showMore } from '../app/showMore';
import { useGrowingList } from '../app/useGrowingList';
import type { useProducts } from '../catalogue/useCatalogue';
import { priceText } from '../product/money';
import { productPath, titled } from '../product/naming';
import { StockNote } from '../product/StockNote';
import type { Task } from './task';

type Column = 'name' | 'price';

/** As the shop calls it: a minus turns the order round. */
export type TableSort = Column | `-${Column}`;

type Props = {
  products: ReturnType<typeof useProducts>;
  sort: TableSort;
  change: (sort: TableSort) => void;
  start: (task: Task) => void;
};

export function ProductTable({ products, sort, change, start }: Props) {
  const shown = products.data ?? [];
  const { list, willGrow } = useGrowingList<HTMLTableSectionElement>(shown.length);
  const more = () => {
    if (!products.isFetchingNextPage) {
      willGrow();
      void showMore(products.fetchNextPage);
    }
  };
  return (
    <>
      <table className="admin-table" aria-busy={products.isPlaceholderData}>
        <thead>
          <tr>
            <SortableHead column="name" words="Product" sort={sort} change={change} />
            <SortableHead column="price" words="Price" sort={sort} change={change} />
            <th scope="col">Stock</th>
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
      {products.hasNextPage && (
        <div className="show-more">
          <Button variant="outline-primary" aria-disabled={products.isFetchingNextPage} onClick={more}>
            {products.isFetchingNextPage ? 'Loading…' : 'Show more'}
          </Button>
        </div>
      )}
    </>
  );
}

type HeadProps = Pick<Props, 'sort' | 'change'> & { column: Column; words: string };

function SortableHead({ column, words, sort, change }: HeadProps) {
  const [direction, arrow] = directionOf(column, sort);
  return (
    <th scope="col" aria-sort={direction}>
      <button type="button" onClick={() => change(sort === column ? `-${column}` : column)}>
        {words}
        <span aria-hidden="true">{` ${arrow}`}</span>
      </button>
    </th>
  );
}

function directionOf(column: Column, sort: TableSort): ['ascending' | 'descending' | 'none', string] {
  switch (sort) {
    case column:
      return ['ascending', '↑'];
    case `-${column}`:
      return ['descending', '↓'];
    default:
      return ['none', '↕'];
  }
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
