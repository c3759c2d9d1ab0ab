import type { Order, OrderStatus } from '../api/types';
import { titled } from '../product/naming';
import type { OrderChange } from './eventStream';

export const statusWords: Record<OrderStatus, { word: string; sentence: string }> = {
  PENDING: { word: 'Pending', sentence: 'We are checking the stock.' },
  ACCEPTED: { word: 'Accepted', sentence: 'Everything is yours.' },
  REJECTED: { word: 'Rejected', sentence: 'This order could not be filled.' },
};

/** An order is decided once: what was heard of that holds against an answer that was asked for before. */
export function withChange(order: Order, change: OrderChange | undefined): Order {
  return change === undefined || order.status !== 'PENDING'
    ? order
    : { ...order, status: change.status, reason: change.reason ?? null, decided_at: change.at };
}

export function reasonText(reason: Order['reason']): string {
  if (reason?.code !== 'insufficient_stock') {
    return 'The shop could not fill this order.';
  }
  const names = reason.products.map(titled);
  if (names.length === 0) {
    return 'There was not enough in stock.';
  }
  return `There was not enough left of ${new Intl.ListFormat('en-GB').format(names)}.`;
}

const moment = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });

export function momentText(iso: string): string {
  return moment.format(new Date(iso));
}
