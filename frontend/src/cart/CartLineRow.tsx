import { useRef } from 'react';
import Button from 'react-bootstrap/Button';
import { moveFocus } from '../focus/focus';
import { announce } from '../notices/noticeStore';
import { displayName } from '../product/displayName';
import { formatMoney, formatPrice } from '../product/money';
import { ProductLink } from '../product/ProductLink';
import { ProductPicture } from '../product/picture/ProductPicture';
import { QuantityStepper } from '../product/QuantityStepper';
import { StockNote } from '../product/StockNote';
import { MAX_QUANTITY } from '../product/stock';
import { remove, setQuantity } from './cart';
import { cartStore } from './cartStore';
import { type Availability, lineTotal, type PricedLine } from './pricing';

export function CartLineRow({ line }: { line: PricedLine }) {
  const { name, quantity, availability } = line;
  const product = 'product' in availability ? availability.product : null;
  const sum = lineTotal(line);
  const row = useRef<HTMLLIElement>(null);
  const removeLine = () => {
    const next = linkIn(row.current?.nextElementSibling ?? row.current?.previousElementSibling);
    cartStore.change((cart) => remove(cart, name));
    announce(`${displayName(name)} was removed from your cart.`);
    moveFocus(next);
  };
  const reduceTo = (left: number) => {
    changeQuantity(name, left);
    moveFocus(linkIn(row.current));
  };
  return (
    <li className="cart-line" ref={row}>
      <div className="cart-line-picture">
        {availability.kind === 'unknown' ? (
          <div className="skeleton" />
        ) : (
          <ProductPicture name={name} categories={product?.categories ?? []} />
        )}
      </div>
      <div className="cart-line-details">
        <h2>
          <ProductLink name={name} />
        </h2>
        {/* Reserves the line while the price is loading, so that the rows below do not move. */}
        <p className="muted">{product === null ? '\u00a0' : `${formatPrice(product.price)} each`}</p>
        <AvailabilityNote availability={availability} />
      </div>
      <div className="cart-line-quantity">
        {availability.kind !== 'not-found' && (
          <QuantityStepper
            label={displayName(name)}
            quantity={quantity}
            max={product === null ? MAX_QUANTITY : Math.max(product.quantity, quantity)}
            change={(wanted) => changeQuantity(name, wanted)}
          />
        )}
        <Button variant="link" size="sm" onClick={removeLine}>
          Remove<span className="visually-hidden"> {displayName(name)}</span>
        </Button>
      </div>
      <p className="price cart-line-sum">{sum === null ? '–' : formatMoney(sum)}</p>
      <Problem name={displayName(name)} availability={availability} remove={removeLine} reduceTo={reduceTo} />
    </li>
  );
}

function AvailabilityNote({ availability }: { availability: Availability }) {
  switch (availability.kind) {
    case 'unknown':
      return <p className="muted">Checking stock…</p>;
    case 'not-found':
      return null;
    default:
      return <StockNote quantity={availability.product.quantity} />;
  }
}

type ProblemProps = {
  name: string;
  availability: Availability;
  remove: () => void;
  reduceTo: (left: number) => void;
};

function Problem({ name, availability, remove: removeLine, reduceTo }: ProblemProps) {
  switch (availability.kind) {
    case 'not-found':
      return <ProblemText text={`${name} is no longer available.`} action="Remove" onClick={removeLine} />;
    case 'sold-out':
      return <ProblemText text={`${name} is sold out.`} action="Remove" onClick={removeLine} />;
    case 'short': {
      const { left } = availability;
      return (
        <ProblemText
          text={`We have only ${left} of ${name} left.`}
          action={`Change to ${left}`}
          onClick={() => reduceTo(left)}
        />
      );
    }
    default:
      return null;
  }
}

function ProblemText({ text, action, onClick }: { text: string; action: string; onClick: () => void }) {
  return (
    <p className="cart-line-problem">
      {text}{' '}
      <Button variant="link" onClick={onClick}>
        {action}
      </Button>
    </p>
  );
}

function changeQuantity(name: string, quantity: number): void {
  cartStore.change((cart) => setQuantity(cart, name, quantity));
  announce(`${displayName(name)}: ${quantity} in your cart.`);
}

function linkIn(row: Element | null | undefined): HTMLElement | null | undefined {
  return row?.querySelector<HTMLElement>('h2 a');
}
