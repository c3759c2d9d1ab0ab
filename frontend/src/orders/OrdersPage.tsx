import { type RefObject, useMemo } from 'react';
import { Link } from 'react-router';
import type { Order } from '../api/types';
import { useAppendFocus } from '../focus/useAppendFocus';
import { displayName } from '../product/displayName';
import { EmptyState } from '../product/EmptyState';
import { formatPrice } from '../product/money';
import { useMe } from '../session/useSession';
import { hasLoadError, LoadError } from '../ui/LoadError';
import { PageHeader } from '../ui/PageHeader';
import { ShowMore } from '../ui/ShowMore';
import { StatusBadge } from './StatusBadge';
import { shortId } from './shortId';
import { formatDateTime, rejectionReason } from './status';
import { useAnnounceDecisions } from './useAnnounceDecisions';
import { useOrderEvents } from './useOrderEvents';
import { useOrders } from './useOrders';

export default function OrdersPage() {
  const me = useMe();
  return me && <BuyerOrders buyer={me.email} />;
}

const NO_ORDERS: Order[] = [];

function BuyerOrders({ buyer }: { buyer: string }) {
  const isStreaming = useOrderEvents(buyer);
  const orders = useOrders(buyer, isStreaming);
  const shown = useMemo(() => orders.data?.pages.flatMap((page) => page.orders), [orders.data]);
  useAnnounceDecisions(shown ?? NO_ORDERS);
  const { listRef, rememberFocus } = useAppendFocus<HTMLUListElement>(shown?.length ?? 0);
  return (
    <div className="page orders">
      <PageHeader title="Your orders" />
      {hasLoadError(orders) ? (
        <LoadError query={orders} subject="your orders" />
      ) : (
        orders.isPending && <Skeletons />
      )}
      {shown && <OrderList orders={shown} listRef={listRef} />}
      <ShowMore query={orders} beforeFetch={rememberFocus} label="Show older orders" />
    </div>
  );
}

function OrderList({ orders, listRef }: { orders: Order[]; listRef: RefObject<HTMLUListElement | null> }) {
  if (orders.length === 0) {
    return <EmptyState picture="lamp" heading="No orders yet" text="Your orders will appear here." />;
  }
  return (
    <ul ref={listRef} className="order-list">
      {orders.map((order) => (
        <OrderRow key={order.id} order={order} />
      ))}
    </ul>
  );
}

function OrderRow({ order }: { order: Order }) {
  return (
    <li className="order-row">
      <div className="order-row-head">
        <h2>
          <Link to={`/orders/${order.id}`} className="stretched-link">
            Order {shortId(order.id)}
          </Link>
        </h2>
        <StatusBadge status={order.status} />
      </div>
      <p className="order-row-items">
        {order.products.map((line) => `${line.quantity} × ${displayName(line.name)}`).join(', ')}
      </p>
      {order.status === 'REJECTED' && <p className="order-row-reason">{rejectionReason(order.reason)}</p>}
      <div className="order-row-footer">
        <time dateTime={order.created_at} className="muted">
          {formatDateTime(order.created_at)}
        </time>
        <span className="price">{formatPrice(order.cost)}</span>
      </div>
    </li>
  );
}

function Skeletons() {
  return (
    <>
      <p className="visually-hidden" role="status">
        Loading your orders…
      </p>
      <ul className="order-list" aria-hidden="true">
        {['first', 'second', 'third'].map((key) => (
          <li key={key} className="order-row">
            <span className="skeleton skeleton-line w-50" />
            <span className="skeleton skeleton-line w-75" />
            <span className="skeleton skeleton-line w-50" />
          </li>
        ))}
      </ul>
    </>
  );
}
