import Button from 'react-bootstrap/Button';
import type { Product } from '../api/types';
import type { useProducts } from '../catalogue/useCatalogue';
import { useAppendFocus } from '../focus/useAppendFocus';
import { displayName } from '../product/displayName';
import { formatPrice } from '../product/money';
import { ProductLink } from '../product/ProductLink';
import { StockNote } from '../product/StockNote';
import { ShowMore } from '../ui/ShowMore';
import type { ProductAction } from './ProductDialog';

type Column = 'name' | 'price';

/** A `sort` value of the API: a minus means descending. */
export type TableSort = Column | `-${Column}`;

type Props = {
  products: ReturnType<typeof useProducts>;
  sort: TableSort;
  changeSort: (sort: TableSort) => void;
  openDialog: (action: ProductAction) => void;
};

export function ProductTable({ products, sort, changeSort, openDialog }: Props) {
  const shown = products.data ?? [];
  const { listRef, rememberFocus } = useAppendFocus<HTMLTableSectionElement>(shown.length);
  return (
    <>
      <table className="admin-table" aria-busy={products.isPlaceholderData}>
        <thead>
          <tr>
            <SortableHeader column="name" label="Product" sort={sort} changeSort={changeSort} />
            <SortableHeader column="price" label="Price" sort={sort} changeSort={changeSort} />
            <th scope="col">Stock</th>
            <th scope="col">Categories</th>
            <th scope="col">
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody ref={listRef}>
          {shown.map((product) => (
            <Row key={product.name} product={product} openDialog={openDialog} />
          ))}
        </tbody>
      </table>
      <ShowMore query={products} beforeFetch={rememberFocus} />
    </>
  );
}

type HeaderProps = Pick<Props, 'sort' | 'changeSort'> & { column: Column; label: string };

function SortableHeader({ column, label, sort, changeSort }: HeaderProps) {
  const [direction, arrow] = directionOf(column, sort);
  return (
    <th scope="col" aria-sort={direction}>
      <button type="button" onClick={() => changeSort(sort === column ? `-${column}` : column)}>
        {label}
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

function Row({ product, openDialog }: Pick<Props, 'openDialog'> & { product: Product }) {
  return (
    <tr>
      <th scope="row">
        <ProductLink name={product.name} />
        <span className="admin-description">{product.description}</span>
      </th>
      <td data-label="Price" className="price">
        {formatPrice(product.price)}
      </td>
      <td data-label="Stock">
        {product.quantity > 99 ? (
          <span className="stock stock-plenty">{product.quantity} in stock</span>
        ) : (
          <StockNote quantity={product.quantity} />
        )}
      </td>
      <td data-label="Categories">{product.categories.map(displayName).join(', ')}</td>
      <td className="admin-actions">
        <Button size="sm" variant="secondary" onClick={() => openDialog({ kind: 'edit', product })}>
          Edit<span className="visually-hidden"> {displayName(product.name)}</span>
        </Button>
        <Button size="sm" variant="secondary" onClick={() => openDialog({ kind: 'restock', product })}>
          Restock<span className="visually-hidden"> {displayName(product.name)}</span>
        </Button>
      </td>
    </tr>
  );
}
