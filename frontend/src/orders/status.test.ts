import { expect, it } from 'vitest';
import type { Order } from '../api/types';
import { applyChange, rejectionReason, statusText } from './status';

const pending: Order = {
  id: '71fefe4a1cad4140785928a4',
  status: 'PENDING',
  cost: 1,
  created_at: '2026-01-01T00:00:00Z',
  products: [],
};
const accepted = { id: pending.id, status: 'ACCEPTED', at: '2026-01-01T00:00:01Z' } as const;

it('given a decision, when an older response arrives, then the order stays decided', () => {
  expect(applyChange(pending, accepted)).toMatchObject({ status: 'ACCEPTED', decided_at: accepted.at });
  expect(applyChange(pending, undefined)).toBe(pending);
});

it('given a decided order, when an older change arrives, then it stays decided', () => {
  const decided = applyChange(pending, accepted);
  expect(applyChange(decided, { ...accepted, status: 'PENDING' })).toBe(decided);
});

it('given a reason that names a part of the products, when shown, then it says how many more there are', () => {
  const reason = { code: 'insufficient_stock', products: ['chair', 'lamp'] };
  expect(rejectionReason(reason)).toBe('We did not have enough stock of Chair and Lamp.');
  expect(rejectionReason({ ...reason, more: 1 })).toBe(
    'We did not have enough stock of Chair, Lamp and 1 more product.',
  );
  expect(rejectionReason({ ...reason, more: 80 })).toBe(
    'We did not have enough stock of Chair, Lamp and 80 more products.',
  );
});

it('given a status of a later release, when shown, then it is shown as it is', () => {
  expect(statusText('ACCEPTED').label).toBe('Accepted');
  expect(statusText('CANCELLED')).toEqual({ label: 'Cancelled', message: 'Your order has changed.' });
});
