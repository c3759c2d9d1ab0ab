import { useState } from 'react';
import { Link, useParams } from 'react-router';
import type { Product } from '../api/types';
import { PageTitle } from '../app/PageTitle';
import { Trouble } from '../app/Trouble';
import { AddToCart } from '../cart/AddToCart';
import { priceText } from './money';
import { titled } from './naming';
import { ProductPicture } from './picture/ProductPicture';
import { QuantityStepper } from './QuantityStepper';
import { StockNote } from './StockNote';
import { isGone, useProduct } from './useProduct';

export default function ProductPage() {
  const { name = '' } = useParams();
  const product = useProduct(name);
  if (product.isPending) {
    return <ProductSkeleton name={name} />;
  }
  // What was shown before stays useful while the shop is away; what is gone does not.
  if (product.isError && isGone(product.error)) {
    return <Gone name={name} />;
  }
  if (product.data === undefined) {
    return <Trouble error={product.error} what="This product" retry={() => void product.refetch()} />;
  }
  return <Shown key={product.data.name} product={product.data} />;
}

function Shown({ product }: { product: Product }) {
  const [quantity, setQuantity] = useState(1);
  const most = Math.max(1, product.quantity);
  const wanted = Math.min(quantity, most);
  return (
    <article className="page product">
      <PageTitle>{titled(product.name)}</PageTitle>
      <BackToCatalogue />
      <div className="product-picture-frame">
        <ProductPicture name={product.name} categories={product.categories} />
      </div>
      <div className="product-facts">
        <ul className="product-categories">
          {product.categories.map((category) => (
            <li key={category}>
              <Link to={`/?category=${encodeURIComponent(category)}`}>{titled(category)}</Link>
            </li>
          ))}
        </ul>
        <h1>{titled(product.name)}</h1>
        <p className="price product-price">{priceText(product.price)}</p>
        <StockNote quantity={product.quantity} />
        <p className="product-description">{product.description}</p>
        <div className="product-buy">
          {product.quantity > 0 && (
            <QuantityStepper
              label={titled(product.name)}
              quantity={wanted}
              most={most}
              change={setQuantity}
            />
          )}
          <AddToCart product={product} quantity={wanted} />
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

/** The same is in index.html, for the time before the script has come. */
function ProductSkeleton({ name }: { name: string }) {
  return (
    <div className="page product">
      <p className="visually-hidden" role="status">
        Loading…
      </p>
      <BackToCatalogue />
      <div className="product-picture-frame bone" />
      <div className="product-facts">
        <span className="bone bone-line w-50" />
        <h1>{titled(name)}</h1>
        <span className="bone bone-line w-50" />
      </div>
    </div>
  );
}

function Gone({ name }: { name: string }) {
  return (
    <div className="quiet-state">
      <PageTitle>No such product</PageTitle>
      <h1>We do not have “{titled(name)}”</h1>
      <p>The requested product does not exist. It may have been renamed, or the address is mistyped.</p>
      <Link to="/" className="btn btn-primary">
        To the catalogue
      </Link>
    </div>
  );
}
