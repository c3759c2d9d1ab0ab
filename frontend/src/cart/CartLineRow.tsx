import { useRef } from 'react';
import Button from 'react-bootstrap/Button';
import { Link } from 'react-router';
import { focusOn } from '../app/focus';
import { announce } from '../notices/notices';
import { money, priceText } from '../product/money';
import { productPath, titled } from '../product/naming';
import { ProductPicture } from '../product/picture/ProductPicture';
import { QuantityStepper } from '../product/QuantityStepper';
import { StockNote } from '../product/StockNote';
import { mostPieces } from '../product/stock';
import { remove, setQuantity } from './cart';
import { cartStore } from './cartStore';
import { lineTotal, type ReckonedLine, type Standing } from './reckoning';

export function CartLineRow({ line }: { line: ReckonedLine }) {
  const { name, quantity, standing } = line;
  const product = 'product' in standing ? standing.product : null;
  const sum = lineTotal(line);
  const row = useRef<HTMLLIElement>(null);
  const takeOut = () => {
    const next = linkIn(row.current?.nextElementSibling ?? row.current?.previousElementSibling);
    cartStore.change((cart) => remove(cart, name));
    announce(`${titled(name)} is out of your cart.`);
    focusOn(next);
  };
  const takeOnly = (left: number) => {
    changeQuantity(name, left);
    focusOn(linkIn(row.current));
  };
  return (
    <li className="cart-line" ref={row}>
      <div className="cart-line-picture">
        {standing.kind === 'unknown' ? (
          <div className="bone" />
        ) : (
          <ProductPicture name={name} categories={product?.categories ?? []} />
        )}
      </div>
      <div className="cart-line-what">
        <h2>
          <Link to={productPath(name)}>{titled(name)}</Link>
        </h2>
        {/* It has its line before there is a price, so that the rows below stay where they are. */}
        <p className="quiet">{product === null ? '\u00a0' : `${priceText(product.price)} each`}</p>
        <StandingNote standing={standing} />
      </div>
      <div className="cart-line-how-many">
        {standing.kind !== 'gone' && (
          <QuantityStepper
            label={titled(name)}
            quantity={quantity}
            most={product === null ? mostPieces : Math.max(product.quantity, quantity)}
            change={(wanted) => changeQuantity(name, wanted)}
          />
        )}
        <Button variant="link" size="sm" onClick={takeOut}>
          Remove<span className="visually-hidden"> {titled(name)}</span>
        </Button>
      </div>
      <p className="price cart-line-sum">{sum === null ? '–' : money(sum)}</p>
      <Mend name={name} standing={standing} takeOut={takeOut} takeOnly={takeOnly} />
    </li>
  );
}

function StandingNote({ standing }: { standing: Standing }) {
  switch (standing.kind) {
    case 'unknown':
      return <p className="quiet">Checking the stock…</p>;
    case 'gone':
      return null;
    default:
      return <StockNote quantity={standing.product.quantity} />;
  }
}

type MendProps = {
  name: string;
  standing: Standing;
  takeOut: () => void;
  takeOnly: (left: number) => void;
};

function Mend({ name, standing, takeOut, takeOnly }: MendProps) {
  switch (standing.kind) {
    case 'gone':
      return (
        <p className="cart-line-mend">
          {titled(name)} is no longer sold.{' '}
          <Button variant="link" onClick={takeOut}>
            Take it out
          </Button>
        </p>
      );
    case 'sold-out':
      return (
        <p className="cart-line-mend">
          {titled(name)} is sold out.{' '}
          <Button variant="link" onClick={takeOut}>
            Take it out
          </Button>
        </p>
      );
    case 'short':
      return (
        <p className="cart-line-mend">
          There {standing.left === 1 ? 'is' : 'are'} only {standing.left} left of {titled(name)}.{' '}
          <Button variant="link" onClick={() => takeOnly(standing.left)}>
            Take {standing.left}
          </Button>
        </p>
      );
    default:
      return null;
  }
}

function changeQuantity(name: string, quantity: number): void {
  cartStore.change((cart) => setQuantity(cart, name, quantity));
  announce(`${titled(name)}: ${quantity} in your cart.`);
}

function linkIn(row: Element | null | undefined): HTMLElement | null | undefined {
  return row?.querySelector<HTMLElement>('h2 a');
}
