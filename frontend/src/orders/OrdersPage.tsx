import Button from 'react-bootstrap/Button';
import { Link } from 'react-router';
import type { Order } from '../api/types';
import { PageTitle } from '../app/PageTitle';
import { showMore } from '../app/showMore';
import { Trouble } from '../app/Trouble';
import { priceText } from '../product/money';
import { titled } from '../product/naming';
import { useMe } from '../session/useSession';
import { StatusBadge } from './StatusBadge';
import { momentText, reasonText } from './status';
import { shortId, useFollowOrders } from './useFollowOrders';
import { useOrders } from './useOrders';

export default function OrdersPage() {
  const me = useMe();
  return me && <OrdersOf buyer={me.email} />;
}

function OrdersOf({ buyer }: { buyer: string }) {
  const isFollowing = useFollowOrders(buyer);
  const orders = useOrders(buyer, isFollowing);
  return (
    <div className="page orders">
      <PageTitle>Your orders</PageTitle>
      <div className="page-head">
        <h1>Your orders</h1>
      </div>
      {orders.isPending && <Skeletons />}
      {orders.data === undefined && orders.isError && (
        <Trouble error={orders.error} what="Your orders" retry={() => void orders.refetch()} />
      )}
      {orders.data && <List orders={orders.data.pages.flatMap((page) => page.orders)} />}
      {orders.hasNextPage && (
        <div className="show-more">
          <Button
            variant="outline-primary"
            disabled={orders.isFetchingNextPage}
            onClick={() => void showMore(orders.fetchNextPage)}
          >
            {orders.isFetchingNextPage ? 'Loading…' : 'Show older orders'}
          </Button>
        </div>
      )}
    </div>
  );
}

function List({ orders }: { orders: Order[] }) {
  if (orders.length === 0) {
    return (
      <div className="quiet-state">
        <h2>No orders yet</h2>
        <p>When you order something, you can watch here what becomes of it.</p>
        <Link to="/" className="btn btn-primary">
          To the catalogue
        </Link>
      </div>
    );
  }
  return (
    <ul className="order-list">
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
      <p className="order-row-what">
        {order.products.map((line) => `${line.quantity} × ${titled(line.name)}`).join(', ')}
      </p>
      {order.status === 'REJECTED' && <p className="order-row-reason">{reasonText(order.reason)}</p>}
      <div className="order-row-foot">
        <time dateTime={order.created_at} className="quiet">
          {momentText(order.created_at)}
        </time>
        <span className="price">{priceText(order.cost)}</span>
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
            <span className="bone bone-line w-50" />
            <span className="bone bone-line w-75" />
            <span className="bone bone-line w-50" />
          </li>
        ))}
      </ul>
    </>
  );
}
