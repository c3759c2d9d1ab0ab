import Button from 'react-bootstrap/Button';
import { Link } from 'react-router';
import { logInPath } from '../account/next';
import { isPassing, sentencesFor } from '../api/problem';
import { money } from '../product/money';
import { useSession } from '../session/useSession';
import { isSame, pieces } from './cart';
import { useOrderKey } from './cartStore';
import { needsMending, type ReckonedLine, total } from './reckoning';
import { usePlaceOrder } from './usePlaceOrder';

type Props = { lines: ReckonedLine[]; isReckoning: boolean };

export function Checkout({ lines, isReckoning }: Props) {
  const count = pieces(lines);
  const sum = total(lines);
  return (
    <section className="checkout" aria-label="Summary">
      <dl>
        <div>
          <dt>Pieces</dt>
          <dd>{count}</dd>
        </div>
        <div className="checkout-total">
          <dt>Total</dt>
          <dd aria-busy={isReckoning}>{sum === null ? '–' : money(sum)}</dd>
        </div>
      </dl>
      <PlaceOrder lines={lines} />
    </section>
  );
}

function PlaceOrder({ lines }: { lines: ReckonedLine[] }) {
  const session = useSession();
  const order = usePlaceOrder();
  const key = useOrderKey();
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
  // What was refused was that cart; another one has not been tried yet.
  const refusal = order.isError && isSame(order.variables.cart, cart) ? order.error : null;
  // Lines that were changed and changed back are another order: of the one without an answer nobody knows.
  const isSameOrder = order.variables?.key === key;
  const action = isPassing(refusal) && isSameOrder ? 'Try again' : 'Place order';
  const canOrder = !mustMend && !order.isPending && session.status === 'signed-in';
  return (
    <>
      <Button
        size="lg"
        className={canOrder ? undefined : 'disabled'}
        aria-disabled={!canOrder}
        onClick={() => canOrder && order.place(session.me.email, cart)}
      >
        {order.isPending ? 'Placing your order…' : action}
      </Button>
      {mustMend && <p className="quiet checkout-note">Mend your cart first.</p>}
      <div role="alert">
        {refusal !== null && (
          <p className="form-mistake checkout-note">
            {sentencesFor(refusal)}
            {isPassing(refusal) &&
              (isSameOrder
                ? ' Trying again will not order twice.'
                : ' It may have been placed all the same: please look at your orders first.')}
          </p>
        )}
      </div>
    </>
  );
}
