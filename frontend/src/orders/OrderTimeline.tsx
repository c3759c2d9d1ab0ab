import { Link } from 'react-router';
import type { Order } from '../api/types';
import { formatDateTime, rejectionReason, statusText } from './status';

export function OrderTimeline({ order }: { order: Order }) {
  return (
    <section className="card-like timeline" aria-label="Order status">
      <ol>
        <li className="timeline-done">
          <h2>Placed</h2>
          <p className="muted">
            <time dateTime={order.created_at}>{formatDateTime(order.created_at)}</time>
          </p>
        </li>
        {order.status === 'PENDING' ? (
          <li className="timeline-now" aria-current="step">
            <h2>Checking stock</h2>
            <p className="muted">This takes a moment. You can leave this page.</p>
          </li>
        ) : (
          <Decision order={order} />
        )}
      </ol>
    </section>
  );
}

function Decision({ order }: { order: Order }) {
  const isAccepted = order.status === 'ACCEPTED';
  const { label, message } = statusText(order.status);
  return (
    <li className={isAccepted ? 'timeline-good' : 'timeline-bad'} aria-current="step">
      <h2>{label}</h2>
      <p>
        {order.status === 'REJECTED'
          ? `${rejectionReason(order.reason)} You have not been charged.`
          : message}
      </p>
      {order.decided_at && (
        <p className="muted">
          <time dateTime={order.decided_at}>{formatDateTime(order.decided_at)}</time>
        </p>
      )}
      {!isAccepted && <Link to="/">Continue shopping</Link>}
    </li>
  );
}
