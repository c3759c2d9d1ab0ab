import { expect, it } from 'vitest';
import type { Order } from '../api/types';
import { withChange } from './status';

const pending: Order = {
  id: '71fefe4a1cad4140785928a4',
  status: 'PENDING',
  cost: 1,
  created_at: '2026-01-01T00:00:00Z',
  products: [],
};
const accepted = { id: pending.id, status: 'ACCEPTED', at: '2026-01-01T00:00:01Z' } as const;

it('given a decision that was heard, when an older answer comes, then the order stays decided', () => {
  expect(withChange(pending, accepted)).toMatchObject({ status: 'ACCEPTED', decided_at: accepted.at });
  expect(withChange(pending, undefined)).toBe(pending);
});

it('given a decided order, when an older change is heard again, then it stays decided', () => {
  const decided = withChange(pending, accepted);
  expect(withChange(decided, { ...accepted, status: 'PENDING' })).toBe(decided);
});
