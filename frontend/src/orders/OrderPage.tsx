import { useMemo } from 'react';
import { useParams } from 'react-router';
import type { Order, OrderLine } from '../api/types';
import { EmptyState } from '../product/EmptyState';
import { formatMoney, formatPrice, toCents } from '../product/money';
import { ProductLink } from '../product/ProductLink';
import { ProductPicture } from '../product/picture/ProductPicture';
import { useProduct } from '../product/useProduct';
import { useMe } from '../session/useSession';
import { hasLoadError, LoadError } from '../ui/LoadError';
import { PageHeader } from '../ui/PageHeader';
import { PageTitle } from '../ui/PageTitle';
import { BackToOrders } from './BackToOrders';
import { OrderTimeline } from './OrderTimeline';
import { StatusBadge } from './StatusBadge';
import { shortId } from './shortId';
import { useAnnounceDecisions } from './useAnnounceDecisions';
import { useOrderEvents } from './useOrderEvents';
import { useOrder } from './useOrders';

export default function OrderPage() {
  const me = useMe();
  const { id = '' } = useParams();
  return me && <BuyerOrder key={id} buyer={me.email} id={id} />;
}

function BuyerOrder({ buyer, id }: { buyer: string; id: string }) {
  const isStreaming = useOrderEvents(buyer);
  const order = useOrder(buyer, id, isStreaming);
  if (order.data) {
    return <OrderDetails order={order.data} />;
  }
  if (order.data === null) {
    return (
      <EmptyState
        title="Order not found"
        heading="Order not found"
        text="The address may be wrong, or the order belongs to another account."
        link={{ to: '/orders', label: 'View your orders' }}
      />
    );
  }
  return hasLoadError(order) ? (
    <>
      <PageTitle>{`Order ${shortId(id)}`}</PageTitle>
      <LoadError query={order} subject="this order" isPage />
    </>
  ) : (
    <OrderSkeleton id={id} />
  );
}

function OrderSkeleton({ id }: { id: string }) {
  return (
    <div className="page orders">
      <BackToOrders />
      <PageHeader title={`Order ${shortId(id)}`} />
      <p className="visually-hidden" role="status">
        Loading your order…
      </p>
      <div className="order" aria-hidden="true">
        <div className="card-like timeline">
          <span className="skeleton skeleton-line w-50" />
        </div>
        <div className="card-like order-lines">
          <span className="skeleton skeleton-line w-75" />
        </div>
      </div>
    </div>
  );
}

function OrderDetails({ order }: { order: Order }) {
  useAnnounceDecisions(useMemo(() => [order], [order]));
  return (
    <article className="page orders">
      <BackToOrders />
      <PageHeader title={`Order ${shortId(order.id)}`}>
        <StatusBadge status={order.status} />
      </PageHeader>
      <div className="order">
        <OrderTimeline order={order} />
        <section className="card-like order-lines" aria-label="Ordered items">
          <ul>
            {order.products.map((line) => (
              <Line key={line.name} line={line} />
            ))}
          </ul>
          <p className="order-total">
            <span>Total</span>
            <span className="price">{formatPrice(order.cost)}</span>
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
          <div className="skeleton" />
        ) : (
          <ProductPicture name={line.name} categories={product.data?.categories ?? []} />
        )}
      </div>
      <div>
        <h2>
          <ProductLink name={line.name} />
        </h2>
        <p className="muted">
          {line.quantity} × {formatPrice(line.price)}
        </p>
      </div>
      <span className="price">{formatMoney(toCents(line.price) * BigInt(line.quantity))}</span>
    </li>
  );
}
