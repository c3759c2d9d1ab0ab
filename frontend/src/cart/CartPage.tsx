import Button from 'react-bootstrap/Button';
import { errorMessage } from '../api/problem';
import { moveFocus } from '../focus/focus';
import { announce } from '../notices/noticeStore';
import { EmptyState } from '../product/EmptyState';
import { PageHeader } from '../ui/PageHeader';
import { CartLineRow } from './CartLineRow';
import { Checkout } from './Checkout';
import { cartStore } from './cartStore';
import { matchStock, needsAttention, type PricedLine } from './pricing';
import { usePricedCart } from './usePricedCart';

export default function CartPage() {
  const { lines, isLoading, error, retry } = usePricedCart();
  if (lines.length === 0) {
    return (
      <EmptyState
        title="Your cart"
        picture="shelf"
        heading="Your cart is empty"
        text="Items stay in your cart on this device."
      />
    );
  }
  return (
    <div className="page">
      <PageHeader title="Your cart" />
      {error !== null && (
        <div className="cart-notice" role="alert">
          <p>We cannot check the stock right now. {errorMessage(error)}</p>
          <Button size="sm" variant="outline-primary" onClick={retry}>
            Try again
          </Button>
        </div>
      )}
      <AttentionNotice lines={lines} />
      <div className="cart">
        <ul className="cart-lines">
          {lines.map((line) => (
            <CartLineRow key={line.name} line={line} />
          ))}
        </ul>
        <Checkout lines={lines} isLoading={isLoading} />
      </div>
    </div>
  );
}

function AttentionNotice({ lines }: { lines: PricedLine[] }) {
  const count = lines.filter(needsAttention).length;
  const updateCart = () => {
    cartStore.change(() => matchStock(lines));
    announce('Your cart now matches our stock.');
    moveFocus(null);
  };
  return (
    <div role="status">
      {count > 0 && (
        <div className="cart-notice">
          <p>{count === 1 ? '1 item needs your attention.' : `${count} items need your attention.`}</p>
          <Button size="sm" onClick={updateCart}>
            Update my cart
          </Button>
        </div>
      )}
    </div>
  );
}
