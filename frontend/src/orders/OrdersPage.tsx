import { type RefObject, useMemo } from 'react';
import Button from 'react-bootstrap/Button';
import { Link } from 'react-router';
import type { Order } from '../api/types';
import { PageTitle } from '../app/PageTitle';
import { showMore } from '../app/showMore';
import { isInTrouble, Trouble } from '../app/Trouble';
import { useGrowingList } from '../app/useGrowingList';
import { priceText } from '../product/money';
import { titled } from '../product/naming';
import { QuietPicture } from '../product/picture/QuietPicture';
import { useMe } from '../session/useSession';
import { StatusBadge } from './StatusBadge';
import { shortId } from './shortId';
import { momentText, reasonText } from './status';
import { useAnnounceDecisions } from './useAnnounceDecisions';
import { useFollowOrders } from './useFollowOrders';
import { useOrders } from './useOrders';

export default function OrdersPage() {
  const me = useMe();
  return me && <OrdersOf buyer={me.email} />;
}

const none: Order[] = [];

function OrdersOf({ buyer }: { buyer: string }) {
  const isFollowing = useFollowOrders(buyer);
  const orders = useOrders(buyer, isFollowing);
  const shown = useMemo(() => orders.data?.pages.flatMap((page) => page.orders), [orders.data]);
  useAnnounceDecisions(shown ?? none);
  const { list, willGrow } = useGrowingList<HTMLUListElement>(shown?.length ?? 0);
  const more = () => {
    if (!orders.isFetchingNextPage) {
      willGrow();
      void showMore(orders.fetchNextPage);
    }
  };
  return (
    <div className="page orders">
      <PageTitle>Your orders</PageTitle>
      <div className="page-head">
        <h1>Your orders</h1>
      </div>
      {isInTrouble(orders) ? (
        <Trouble query={orders} what="Your orders" />
      ) : (
        orders.isPending && <Skeletons />
      )}
      {shown && <List orders={shown} list={list} />}
      {orders.hasNextPage && (
        <div className="show-more">
          <Button variant="outline-primary" aria-disabled={orders.isFetchingNextPage} onClick={more}>
            {orders.isFetchingNextPage ? 'Loading…' : 'Show older orders'}
          </Button>
        </div>
      )}
    </div>
  );
}

function List({ orders, list }: { orders: Order[]; list: RefObject<HTMLUListElement | null> }) {
  if (orders.length === 0) {
    return (
      <div className="quiet-state">
        <QuietPicture of="lamp" />
        <h2>No orders yet</h2>
        <p>When you order something, you can watch here what becomes of it.</p>
        <Link to="/" className="btn btn-primary">
          To the catalogue
        </Link>
      </div>
    );
  }
  return (
    <ul ref={list} className="order-list">
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
