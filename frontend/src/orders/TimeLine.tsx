import { Link } from 'react-router';
import type { Order } from '../api/types';
import { momentText, reasonText } from './status';

/** What has become of an order so far, and what comes next. */
export function TimeLine({ order }: { order: Order }) {
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
          <Decision order={order} />
        )}
      </ol>
    </section>
  );
}

function Decision({ order }: { order: Order }) {
  const accepted = order.status === 'ACCEPTED';
  return (
    <li className={accepted ? 'time-line-good' : 'time-line-bad'} aria-current="step">
      <h2>{accepted ? 'Accepted' : 'Rejected'}</h2>
      <p>{accepted ? 'Everything is put aside for you.' : `${reasonText(order.reason)} You pay nothing.`}</p>
      {order.decided_at && (
        <p className="quiet">
          <time dateTime={order.decided_at}>{momentText(order.decided_at)}</time>
        </p>
      )}
      {!accepted && <Link to="/">See what else there is</Link>}
    </li>
  );
}
