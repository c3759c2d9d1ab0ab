import { useMemo } from 'react';
import { Link, useParams } from 'react-router';
import { ApiProblem } from '../api/problem';
import type { Order, OrderLine } from '../api/types';
import { PageTitle } from '../app/PageTitle';
import { Trouble } from '../app/Trouble';
import { cents, money, priceText } from '../product/money';
import { productPath, titled } from '../product/naming';
import { ProductPicture } from '../product/picture/ProductPicture';
import { useMe } from '../session/useSession';
import { StatusBadge } from './StatusBadge';
import { shortId } from './status';
import { TimeLine } from './TimeLine';
import { useAnnounceDecisions } from './useAnnounceDecisions';
import { useFollowOrders } from './useFollowOrders';
import { useOrder } from './useOrders';

export default function OrderPage() {
  const me = useMe();
  const { id = '' } = useParams();
  return me && <OrderOf key={id} buyer={me.email} id={id} />;
}

function OrderOf({ buyer, id }: { buyer: string; id: string }) {
  const isFollowing = useFollowOrders(buyer);
  const order = useOrder(buyer, id, isFollowing);
  if (order.data) {
    return <Shown buyer={buyer} order={order.data} />;
  }
  if (order.isPending) {
    return (
      <p className="page quiet" role="status">
        Loading your order…
      </p>
    );
  }
  if (order.error instanceof ApiProblem && order.error.status === 404) {
    return <NoSuchOrder />;
  }
  return <Trouble error={order.error} what="This order" retry={() => void order.refetch()} />;
}

function Shown({ buyer, order }: { buyer: string; order: Order }) {
  useAnnounceDecisions(useMemo(() => [order], [order]));
  return (
    <article className="page orders">
      <PageTitle>{`Order ${shortId(order.id)}`}</PageTitle>
      <p className="product-back">
        <Link to="/orders">← All your orders</Link>
      </p>
      <div className="page-head">
        <h1>Order {shortId(order.id)}</h1>
        <StatusBadge status={order.status} />
      </div>
      <div className="order">
        <TimeLine buyer={buyer} order={order} />
        <section className="card-like order-lines" aria-label="What you ordered">
          <ul>
            {order.products.map((line) => (
              <Line key={line.name} line={line} />
            ))}
          </ul>
          <p className="order-total">
            <span>Total</span>
            <span className="price">{priceText(order.cost)}</span>
          </p>
        </section>
      </div>
    </article>
  );
}

function Line({ line }: { line: OrderLine }) {
  return (
    <li className="order-line">
      <div className="order-line-picture">
        <ProductPicture name={line.name} categories={[]} />
      </div>
      <div>
        <h2>
          <Link to={productPath(line.name)}>{titled(line.name)}</Link>
        </h2>
        <p className="quiet">
          {line.quantity} × {priceText(line.price)}
        </p>
      </div>
      <span className="price">{money(cents(line.price) * BigInt(line.quantity))}</span>
    </li>
  );
}

function NoSuchOrder() {
  return (
    <div className="quiet-state">
      <PageTitle>No such order</PageTitle>
      <h1>You have no such order</h1>
      <p>The address may be mistyped, or the order belongs to another account.</p>
      <Link to="/orders" className="btn btn-primary">
        To your orders
      </Link>
    </div>
  );
}
