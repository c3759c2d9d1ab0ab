import { Link } from 'react-router';
import type { Product } from '../api/types';
import { AddToCart } from '../cart/AddToCart';
import { priceText } from '../product/money';
import { productPath, titled } from '../product/naming';
import { ProductPicture } from '../product/picture/ProductPicture';
import { StockNote } from '../product/StockNote';

export function ProductCard({ product }: { product: Product }) {
  return (
    <li className="product-card">
      <div className="product-card-picture">
        <ProductPicture name={product.name} categories={product.categories} />
      </div>
      <div className="product-card-body">
        <p className="product-card-category">{product.categories.map(titled).join(', ')}</p>
        <h2 className="product-card-name">
          <Link to={productPath(product.name)} className="stretched-link">
            {titled(product.name)}
          </Link>
        </h2>
        <p className="price">{priceText(product.price)}</p>
        <div className="product-card-foot">
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
      <div className="product-card-picture bone" />
      <div className="product-card-body">
        <span className="bone bone-line w-50" />
        <span className="bone bone-line w-75" />
        <span className="bone bone-line w-50" />
        <span className="bone bone-button" />
      </div>
    </li>
  );
}
