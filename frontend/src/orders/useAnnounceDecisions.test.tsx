import { renderHook } from '@testing-library/react';
import { beforeEach, expect, it } from 'vitest';
import type { Order } from '../api/types';
import { announce, announcement } from '../notices/noticeStore';
import { useAnnounceDecisions } from './useAnnounceDecisions';

const pending: Order = {
  id: '71fefe4a1cad4140785928a4',
  status: 'PENDING',
  cost: 1,
  created_at: '2026-01-01T00:00:00Z',
  products: [],
};
const accepted: Order = { ...pending, status: 'ACCEPTED' };
const rejected: Order = { ...pending, status: 'REJECTED' };

beforeEach(() => announce(''));

it.each([
  [accepted, 'Order 5928a4: Your order is confirmed.'],
  [rejected, 'Order 5928a4: We could not confirm your order.'],
])('given a pending order on the page, when it is decided, then that is announced', (decided, message) => {
  const { rerender } = renderHook(useAnnounceDecisions, { initialProps: [pending] });
  expect(announcement.get()).toBe('');
  rerender([decided]);
  expect(announcement.get()).toBe(message);
});

it('given an order that was decided before, when it is shown, then nothing is announced', () => {
  const { rerender } = renderHook(useAnnounceDecisions, { initialProps: [] as Order[] });
  rerender([accepted]);
  rerender([accepted, rejected]);
  expect(announcement.get()).toBe('');
});
