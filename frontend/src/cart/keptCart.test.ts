import { expect, it } from 'vitest';
import { readCart, writeCart } from './keptCart';

const nothing = { lines: [], key: expect.stringMatching(/^[0-9a-f-]{36}$/), takenOut: null };

it('given a cart, when it is kept and read again, then it is the same', () => {
  const cart = { lines: [{ name: 'чайник', quantity: 7 }], key: 'k-1', takenOut: 'k-0' };
  expect(readCart(writeCart(cart))).toEqual(cart);
});

it('given the same product on two kept lines, when it is read, then it is one line', () => {
  const line = { name: 'chair', quantity: 1 };
  expect(readCart(JSON.stringify({ version: 1, lines: [line, line] })).lines).toEqual([
    { name: 'chair', quantity: 2 },
  ]);
});

it('given a line that cannot be understood, when the cart is read, then the others stay and their key does not', () => {
  const text = JSON.stringify({
    version: 1,
    lines: [{ name: 'chair', quantity: 1 }, { name: 'lamp', quantity: -1 }, 'x'],
    key: 'k-1',
  });
  expect(readCart(text)).toEqual({ ...nothing, lines: [{ name: 'chair', quantity: 1 }] });
});

it('given a name of 100 characters that take 200 places, when it is read, then it is understood', () => {
  const lines = [{ name: '😀'.repeat(100), quantity: 1 }];
  expect(readCart(JSON.stringify({ version: 1, lines })).lines).toEqual(lines);
  expect(readCart(JSON.stringify({ version: 1, lines: [{ name: 'x'.repeat(101), quantity: 1 }] }))).toEqual(
    nothing,
  );
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
  expect(readCart(text)).toEqual(nothing);
});
