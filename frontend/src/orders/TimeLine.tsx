import { Link } from 'react-router';
import type { Order } from '../api/types';
import { momentText, reasonText } from './status';
import { useDecidedAt } from './useOrders';

/** What has become of an order so far, and what comes next. */
export function TimeLine({ buyer, order }: { buyer: string; order: Order }) {
  const decidedAt = useDecidedAt(buyer, order.id);
  return (
    <section className="card-like time-line" aria-label="What became of it">
      <ol>
        <li className="time-line-done">
          <h2>Placed</h2>
          <p className="quiet">
            <time dateTime={order.created_at}>{momentText(order.created_at)}</time>
          </p>
        </li>
        {order.status === 'PENDING' ? (
          <li className="time-line-now" aria-current="step">
            <h2>Checking the stock</h2>
            <p className="quiet">This takes a moment. You may leave the page; the order goes on.</p>
          </li>
        ) : (
          <Decision order={order} decidedAt={decidedAt} />
        )}
      </ol>
    </section>
  );
}

function Decision({ order, decidedAt }: { order: Order; decidedAt: string | null }) {
  const accepted = order.status === 'ACCEPTED';
  return (
    <li className={accepted ? 'time-line-good' : 'time-line-bad'} aria-current="step">
      <h2>{accepted ? 'Accepted' : 'Rejected'}</h2>
      <p>{accepted ? 'Everything is put aside for you.' : `${reasonText(order.reason)} You pay nothing.`}</p>
      {decidedAt !== null && (
        <p className="quiet">
          <time dateTime={decidedAt}>{momentText(decidedAt)}</time>
        </p>
      )}
      {!accepted && <Link to="/">See what else there is</Link>}
    </li>
  );
}
