import { describe, expect, it } from 'vitest';
import { forgetOrderKey, orderKeyFor } from './orderKey';

const cart = [
  { name: 'chair', quantity: 2 },
  { name: 'lamp', quantity: 1 },
];

describe('the key of an order', () => {
  it('given no answer yet, when the same cart is sent again, then it has the same key, in whatever order', () => {
    expect(orderKeyFor('a@a.com', cart.toReversed())).toBe(orderKeyFor('a@a.com', cart));
  });

  it('given another cart or another buyer, when it is sent, then it has another key', () => {
    const first = orderKeyFor('a@a.com', cart);
    expect(orderKeyFor('b@b.com', cart)).not.toBe(first);
    expect(orderKeyFor('b@b.com', cart.slice(1))).not.toBe(first);
  });

  it('given an answer, when the same things are ordered once more, then it is a new order', () => {
    const first = orderKeyFor('a@a.com', cart);
    forgetOrderKey();
    expect(orderKeyFor('a@a.com', cart)).not.toBe(first);
  });

  it('given foreign data in its place, when a key is needed, then there is a new one', () => {
    sessionStorage.setItem('order-key', '{"key":3}');
    expect(orderKeyFor('a@a.com', cart)).toMatch(/^[0-9a-f-]{36}$/);
  });
});
