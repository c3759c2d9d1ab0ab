import { useState } from 'react';
import { Link, useParams } from 'react-router';
import type { Product } from '../api/types';
import { AddToCart } from '../cart/AddToCart';
import { displayName } from '../product/displayName';
import { EmptyState } from '../product/EmptyState';
import { formatPrice } from '../product/money';
import { ProductPicture } from '../product/picture/ProductPicture';
import { QuantityStepper } from '../product/QuantityStepper';
import { StockNote } from '../product/StockNote';
import { useProduct } from '../product/useProduct';
import { hasLoadError, LoadError } from '../ui/LoadError';
import { PageTitle } from '../ui/PageTitle';

export default function ProductPage() {
  const { name = '' } = useParams();
  const product = useProduct(name);
  if (product.data === undefined) {
    return (
      <>
        <PageTitle>{displayName(name)}</PageTitle>
        {hasLoadError(product) ? (
          <LoadError query={product} subject={`“${displayName(name)}”`} isPage />
        ) : (
          <ProductSkeleton name={name} />
        )}
      </>
    );
  }
  if (product.data === null) {
    return (
      <EmptyState
        title="Product not found"
        heading={`We could not find “${displayName(name)}”`}
        text="The address may be wrong, or the product may have been removed."
      />
    );
  }
  return <ProductDetails key={product.data.name} product={product.data} />;
}

function ProductDetails({ product }: { product: Product }) {
  const [chosen, setChosen] = useState(1);
  const max = Math.max(1, product.quantity);
  const quantity = Math.min(chosen, max);
  return (
    <article className="page product">
      <PageTitle>{displayName(product.name)}</PageTitle>
      <BackToCatalogue />
      <div className="product-picture-frame">
        <ProductPicture name={product.name} categories={product.categories} />
      </div>
      <div className="product-facts">
        <ul className="product-categories">
          {product.categories.map((category) => (
            <li key={category}>
              <Link to={`/?category=${encodeURIComponent(category)}`}>{displayName(category)}</Link>
            </li>
          ))}
        </ul>
        <h1>{displayName(product.name)}</h1>
        <p className="price product-price">{formatPrice(product.price)}</p>
        <StockNote quantity={product.quantity} />
        <p className="product-description">{product.description}</p>
        <div className="product-buy">
          {product.quantity > 0 && (
            <QuantityStepper
              label={displayName(product.name)}
              quantity={quantity}
              max={max}
              change={setChosen}
            />
          )}
          <AddToCart product={product} quantity={quantity} />
        </div>
      </div>
    </article>
  );
}

function BackToCatalogue() {
  return (
    <p className="product-back">
      <Link to="/">← All products</Link>
    </p>
  );
}

/** Looks like the shell in index.html. */
function ProductSkeleton({ name }: { name: string }) {
  return (
    <div className="page product">
      <p className="visually-hidden" role="status">
        Loading…
      </p>
      <BackToCatalogue />
      <div className="product-picture-frame skeleton" />
      <div className="product-facts">
        <span className="skeleton skeleton-line w-50" />
        <h1>{displayName(name)}</h1>
        <span className="skeleton skeleton-line w-50" />
      </div>
    </div>
  );
}
