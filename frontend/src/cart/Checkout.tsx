import Button from 'react-bootstrap/Button';
import { Link } from 'react-router';
import { logInPath } from '../account/redirect';
import { errorMessage, isRetryable } from '../api/problem';
import { formatMoney } from '../product/money';
import { useSession } from '../session/useSession';
import { hasSameItems, itemCount } from './cart';
import { useIdempotencyKey } from './cartStore';
import { needsAttention, type PricedLine, total } from './pricing';
import { usePlaceOrder } from './usePlaceOrder';

type Props = { lines: PricedLine[]; isLoading: boolean };

export function Checkout({ lines, isLoading }: Props) {
  const sum = total(lines);
  return (
    <section className="checkout" aria-label="Order summary">
      <dl>
        <div>
          <dt>Items</dt>
          <dd>{itemCount(lines)}</dd>
        </div>
        <div className="checkout-total">
          <dt>Total</dt>
          <dd aria-busy={isLoading}>{sum === null ? '–' : formatMoney(sum)}</dd>
        </div>
      </dl>
      <PlaceOrder lines={lines} />
    </section>
  );
}

function PlaceOrder({ lines }: { lines: PricedLine[] }) {
  const session = useSession();
  const order = usePlaceOrder();
  const key = useIdempotencyKey();
  if (session.status === 'signed-out') {
    return (
      <>
        <Link to={logInPath('/cart')} className="btn btn-primary btn-lg">
          Log in to order
        </Link>
        <p className="muted checkout-note">Your cart is saved.</p>
      </>
    );
  }
  const mustUpdate = lines.some(needsAttention);
  const cart = lines.map(({ name, quantity }) => ({ name, quantity }));
  // An error belongs to the cart it was returned for. A different cart has not been tried yet.
  const error = order.isError && hasSameItems(order.variables.cart, cart) ? order.error : null;
  // A cart that was changed and changed back has a new key, so ordering it is not a retry.
  const isRetry = order.variables?.key === key;
  const label = isRetryable(error) && isRetry ? 'Try again' : 'Place order';
  const canOrder = !mustUpdate && !order.isPending && session.status === 'signed-in';
  return (
    <>
      <Button
        size="lg"
        className={canOrder ? undefined : 'disabled'}
        aria-disabled={!canOrder}
        onClick={() => canOrder && order.place(session.me.email, cart)}
      >
        {order.isPending ? 'Placing your order…' : label}
      </Button>
      {mustUpdate && <p className="muted checkout-note">Update your cart to continue.</p>}
      <div role="alert">
        {error !== null && (
          <p className="form-error checkout-note">
            {errorMessage(error)}
            {isRetryable(error) &&
              (isRetry
                ? ' Trying again will not place a second order.'
                : ' Your order may have been placed. Please check your orders first.')}
          </p>
        )}
      </div>
    </>
  );
}
