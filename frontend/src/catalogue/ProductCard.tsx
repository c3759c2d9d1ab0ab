import type { Product } from '../api/types';
import { AddToCart } from '../cart/AddToCart';
import { displayName } from '../product/displayName';
import { formatPrice } from '../product/money';
import { ProductLink } from '../product/ProductLink';
import { ProductPicture } from '../product/picture/ProductPicture';
import { StockNote } from '../product/StockNote';

export function ProductCard({ product }: { product: Product }) {
  return (
    <li className="product-card">
      <div className="product-card-picture">
        <ProductPicture name={product.name} categories={product.categories} />
      </div>
      <div className="product-card-body">
        <p className="product-card-category">{product.categories.map(displayName).join(', ')}</p>
        <h2 className="product-card-name">
          <ProductLink name={product.name} className="stretched-link" />
        </h2>
        <p className="price">{formatPrice(product.price)}</p>
        <div className="product-card-footer">
          <StockNote quantity={product.quantity} />
          <AddToCart product={product} compact />
        </div>
      </div>
    </li>
  );
}

export function ProductCardSkeleton() {
  return (
    <li className="product-card" aria-hidden="true">
      <div className="product-card-picture skeleton" />
      <div className="product-card-body">
        <span className="skeleton skeleton-line w-50" />
        <span className="skeleton skeleton-line w-75" />
        <span className="skeleton skeleton-line w-50" />
        <span className="skeleton skeleton-button" />
      </div>
    </li>
  );
}
