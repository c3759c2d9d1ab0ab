import { expect, it } from 'vitest';
import { parseCart, serializeCart } from './cartPersistence';

const empty = { lines: [], key: expect.stringMatching(/^[0-9a-f-]{36}$/), takenOut: null };

it('given a cart, when it is stored and read again, then it is the same', () => {
  const cart = { lines: [{ name: 'чайник', quantity: 7 }], key: 'k-1', takenOut: 'k-0' };
  expect(parseCart(serializeCart(cart))).toEqual(cart);
});

it('given two stored lines of one product, when the cart is read, then they are one line', () => {
  const line = { name: 'chair', quantity: 1 };
  expect(parseCart(JSON.stringify({ version: 1, lines: [line, line] })).lines).toEqual([
    { name: 'chair', quantity: 2 },
  ]);
});

it('given an invalid line, when the cart is read, then the other lines stay and get a new key', () => {
  const text = JSON.stringify({
    version: 1,
    lines: [{ name: 'chair', quantity: 1 }, { name: 'lamp', quantity: -1 }, 'x'],
    key: 'k-1',
  });
  expect(parseCart(text)).toEqual({ ...empty, lines: [{ name: 'chair', quantity: 1 }] });
});

it('given a name of 100 characters in 200 code units, when the cart is read, then the name is valid', () => {
  const lines = [{ name: '😀'.repeat(100), quantity: 1 }];
  expect(parseCart(JSON.stringify({ version: 1, lines })).lines).toEqual(lines);
  expect(parseCart(JSON.stringify({ version: 1, lines: [{ name: 'x'.repeat(101), quantity: 1 }] }))).toEqual(
    empty,
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
])('given %j in the storage, when it is read, then the cart is empty', (text) => {
  expect(parseCart(text)).toEqual(empty);
});
