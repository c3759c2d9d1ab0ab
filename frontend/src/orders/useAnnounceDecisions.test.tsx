import { renderHook } from '@testing-library/react';
import { beforeEach, expect, it } from 'vitest';
import type { Order } from '../api/types';
import { announce, noticeBoard } from '../notices/notices';
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
  [accepted, 'Order 5928a4: Everything is yours.'],
  [rejected, 'Order 5928a4: This order could not be filled.'],
])('given a pending order that is shown, when it is decided, then that is said', (decided, sentence) => {
  const { rerender } = renderHook(useAnnounceDecisions, { initialProps: [pending] });
  expect(noticeBoard.spoken()).toBe('');
  rerender([decided]);
  expect(noticeBoard.spoken()).toBe(sentence);
});

it('given an order that was decided before, when it is shown, then nothing is said', () => {
  const { rerender } = renderHook(useAnnounceDecisions, { initialProps: [] as Order[] });
  rerender([accepted]);
  rerender([accepted, rejected]);
  expect(noticeBoard.spoken()).toBe('');
});
