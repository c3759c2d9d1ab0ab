import { useState } from 'react';
import { Link, useParams } from 'react-router';
import type { Product } from '../api/types';
import { PageTitle } from '../app/PageTitle';
import { isInTrouble, Trouble } from '../app/Trouble';
import { AddToCart } from '../cart/AddToCart';
import { priceText } from './money';
import { titled } from './naming';
import { ProductPicture } from './picture/ProductPicture';
import { QuantityStepper } from './QuantityStepper';
import { StockNote } from './StockNote';
import { useProduct } from './useProduct';

export default function ProductPage() {
  const { name = '' } = useParams();
  const product = useProduct(name);
  if (product.data === undefined) {
    return isInTrouble(product) ? (
      <NoAnswer name={name} product={product} />
    ) : (
      <ProductSkeleton name={name} />
    );
  }
  if (product.data === null) {
    return <Gone name={name} />;
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
      <PageTitle>{titled(name)}</PageTitle>
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

function NoAnswer({ name, product }: { name: string; product: ReturnType<typeof useProduct> }) {
  return (
    <>
      <PageTitle>{titled(name)}</PageTitle>
      <Trouble query={product} what={titled(name)} isPage />
    </>
  );
}

function Gone({ name }: { name: string }) {
  return (
    <div className="quiet-state">
      <PageTitle>No such product</PageTitle>
      <h1>We do not have “{titled(name)}”</h1>
      <p>The requested product does not exist. The address may be mistyped.</p>
      <Link to="/" className="btn btn-primary">
        To the catalogue
      </Link>
    </div>
  );
}
