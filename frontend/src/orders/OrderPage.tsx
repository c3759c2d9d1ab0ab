import { useMemo } from 'react';
import { Link, useParams } from 'react-router';
import type { Order, OrderLine } from '../api/types';
import { PageTitle } from '../app/PageTitle';
import { isInTrouble, Trouble } from '../app/Trouble';
import { cents, money, priceText } from '../product/money';
import { productPath, titled } from '../product/naming';
import { ProductPicture } from '../product/picture/ProductPicture';
import { useProduct } from '../product/useProduct';
import { useMe } from '../session/useSession';
import { BackToOrders } from './BackToOrders';
import { StatusBadge } from './StatusBadge';
import { shortId } from './shortId';
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
    return <Shown order={order.data} />;
  }
  if (order.data === null) {
    return <NoSuchOrder />;
  }
  return (
    <>
      <PageTitle>{`Order ${shortId(id)}`}</PageTitle>
      {isInTrouble(order) ? <Trouble query={order} what="This order" isPage /> : <Loading id={id} />}
    </>
  );
}

function Loading({ id }: { id: string }) {
  return (
    <div className="page orders">
      <BackToOrders />
      <div className="page-head">
        <h1>Order {shortId(id)}</h1>
      </div>
      <p className="visually-hidden" role="status">
        Loading your order…
      </p>
      <div className="order" aria-hidden="true">
        <div className="card-like time-line">
          <span className="bone bone-line w-50" />
        </div>
        <div className="card-like order-lines">
          <span className="bone bone-line w-75" />
        </div>
      </div>
    </div>
  );
}

function Shown({ order }: { order: Order }) {
  useAnnounceDecisions(useMemo(() => [order], [order]));
  return (
    <article className="page orders">
      <PageTitle>{`Order ${shortId(order.id)}`}</PageTitle>
      <BackToOrders />
      <div className="page-head">
        <h1>Order {shortId(order.id)}</h1>
        <StatusBadge status={order.status} />
      </div>
      <div className="order">
        <TimeLine order={order} />
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
  const product = useProduct(line.name);
  return (
    <li className="order-line">
      <div className="order-line-picture">
        {product.isPending ? (
          <div className="bone" />
        ) : (
          <ProductPicture name={line.name} categories={product.data?.categories ?? []} />
        )}
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
