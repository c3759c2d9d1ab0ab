import { describe, expect, it } from 'vitest';
import { mostPieces } from '../product/stock';
import { add, isSame, pieces, setQuantity, subtract } from './cart';

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

  it('given two carts, when they are compared, then what they ask for counts and not its order', () => {
    const cart = [
      { name: 'chair', quantity: 2 },
      { name: 'lamp', quantity: 1 },
    ];
    expect(isSame(cart, cart.toReversed())).toBe(true);
    expect(isSame(cart, cart.slice(1))).toBe(false);
    expect(isSame(cart, setQuantity(cart, 'lamp', 2))).toBe(false);
  });
});
