import type { Order, OrderStatus } from '../api/types';
import { displayName } from '../product/displayName';
import type { OrderChange } from './orderEvents';

type StatusText = { label: string; message: string };

const statusTexts: Record<OrderStatus, StatusText> = {
  PENDING: { label: 'Pending', message: 'We are checking the stock.' },
  ACCEPTED: { label: 'Accepted', message: 'Your order is confirmed.' },
  REJECTED: { label: 'Rejected', message: 'We could not confirm your order.' },
};

/** How a status is shown. A status that only a later release of the shop knows is shown as it is. */
export function statusText(status: string): StatusText {
  return Object.hasOwn(statusTexts, status)
    ? statusTexts[status as OrderStatus]
    : { label: status.charAt(0) + status.slice(1).toLowerCase(), message: 'Your order has changed.' };
}

/** Applies a change to a pending order. A decision is final, so responses from before it cannot undo it. */
export function applyChange(order: Order, change: OrderChange | undefined): Order {
  return change === undefined || order.status !== 'PENDING'
    ? order
    : { ...order, status: change.status, reason: change.reason ?? null, decided_at: change.at };
}

export function rejectionReason(reason: Order['reason']): string {
  if (reason?.code !== 'insufficient_stock') {
    return 'We could not confirm your order.';
  }
  const names = reason.products.map(displayName);
  if (names.length === 0) {
    return 'We did not have enough stock.';
  }
  // The shop names the first products only.
  const more = reason.more ?? 0;
  if (more > 0) {
    names.push(more === 1 ? '1 more product' : `${more} more products`);
  }
  return `We did not have enough stock of ${new Intl.ListFormat('en-GB').format(names)}.`;
}

const dateTime = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });

export function formatDateTime(iso: string): string {
  return dateTime.format(new Date(iso));
}
