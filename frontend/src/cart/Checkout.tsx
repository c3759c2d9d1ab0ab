import Button from 'react-bootstrap/Button';
import { Link } from 'react-router';
import { logInPath } from '../account/next';
import { isPassing, sentencesFor } from '../api/problem';
import { money } from '../product/money';
import { useSession } from '../session/useSession';
import { pieces } from './cart';
import { needsMending, type ReckonedLine, total } from './reckoning';
import { usePlaceOrder } from './usePlaceOrder';

type Props = { lines: ReckonedLine[]; isReckoning: boolean };

export function Checkout({ lines, isReckoning }: Props) {
  const count = pieces(lines);
  return (
    <section className="checkout" aria-label="Summary">
      <dl>
        <div>
          <dt>Pieces</dt>
          <dd>{count}</dd>
        </div>
        <div className="checkout-total">
          <dt>Total</dt>
          <dd aria-busy={isReckoning}>{money(total(lines))}</dd>
        </div>
      </dl>
      <PlaceOrder lines={lines} />
    </section>
  );
}

function PlaceOrder({ lines }: { lines: ReckonedLine[] }) {
  const session = useSession();
  const order = usePlaceOrder();
  if (session.status === 'visitor') {
    return (
      <>
        <Link to={logInPath('/cart')} className="btn btn-primary btn-lg">
          Log in to order
        </Link>
        <p className="quiet checkout-note">Your cart waits for you.</p>
      </>
    );
  }
  const mustMend = lines.some(needsMending);
  const cart = lines.map(({ name, quantity }) => ({ name, quantity }));
  return (
    <>
      <Button
        size="lg"
        disabled={mustMend || order.isPending || session.status === 'restoring'}
        onClick={() => session.status === 'signed-in' && order.place(session.me.email, cart)}
      >
        {words(order)}
      </Button>
      {mustMend && <p className="quiet checkout-note">Mend your cart first.</p>}
      <div role="alert">
        {order.isError && (
          <p className="form-mistake checkout-note">
            {sentencesFor(order.error)}
            {isPassing(order.error) && ' Trying again will not order twice.'}
          </p>
        )}
      </div>
    </>
  );
}

function words({
  isPending,
  isError,
  error,
}: {
  isPending: boolean;
  isError: boolean;
  error: unknown;
}): string {
  if (isPending) {
    return 'Placing your order…';
  }
  return isError && isPassing(error) ? 'Try again' : 'Place order';
}
