import { describe, expect, it } from 'vitest';
import { add, mostPieces, pieces, readCart, setQuantity, subtract, writeCart } from './cart';

describe('the cart', () => {
  it('given a product that is in it, when more is added, then it is one line', () => {
    expect(add(add([], { name: 'chair', quantity: 2 }), { name: 'chair', quantity: 3 })).toEqual([
      { name: 'chair', quantity: 5 },
    ]);
  });

  it('given any number, when a quantity is set, then it is whole and within what the shop takes', () => {
    const cart = add([], { name: 'chair', quantity: 1 });
    expect(setQuantity(cart, 'chair', 0)).toEqual([{ name: 'chair', quantity: 1 }]);
    expect(setQuantity(cart, 'chair', 2.9)).toEqual([{ name: 'chair', quantity: 2 }]);
    expect(setQuantity(cart, 'chair', 1e12)).toEqual([{ name: 'chair', quantity: mostPieces }]);
  });

  it('given an order, when it is taken from the cart, then what was added meanwhile stays', () => {
    const ordered = [{ name: 'chair', quantity: 2 }];
    const now = [
      { name: 'chair', quantity: 3 },
      { name: 'lamp', quantity: 1 },
    ];
    expect(subtract(now, ordered)).toEqual([
      { name: 'chair', quantity: 1 },
      { name: 'lamp', quantity: 1 },
    ]);
    expect(pieces(subtract(ordered, ordered))).toBe(0);
  });

  it('given a cart, when it is kept and read again, then it is the same', () => {
    const cart = [{ name: 'чайник', quantity: 7 }];
    expect(readCart(writeCart(cart))).toEqual(cart);
  });

  it('given the same product on two kept lines, when it is read, then it is one line', () => {
    const line = { name: 'chair', quantity: 1 };
    expect(readCart(JSON.stringify({ version: 1, lines: [line, line] }))).toEqual([
      { name: 'chair', quantity: 2 },
    ]);
  });

  it.each([
    null,
    '',
    'not json',
    'null',
    '[]',
    '{"version":2,"lines":[]}',
    '{"version":1,"lines":"many"}',
    '{"version":1,"lines":[{"name":"chair","quantity":-1}]}',
    '{"version":1,"lines":[{"name":"","quantity":1}]}',
    '{"version":1,"lines":[{"name":"chair","quantity":1.5}]}',
  ])('given %j from elsewhere, when it is read, then the cart is empty', (text) => {
    expect(readCart(text)).toEqual([]);
  });
});
