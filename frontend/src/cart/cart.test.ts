import { describe, expect, it } from 'vitest';
import { MAX_QUANTITY } from '../product/stock';
import { add, hasSameItems, itemCount, setQuantity, subtract } from './cart';

describe('the cart', () => {
  it('given a product in the cart, when more of it is added, then it stays one line', () => {
    expect(add(add([], { name: 'chair', quantity: 2 }), { name: 'chair', quantity: 3 })).toEqual([
      { name: 'chair', quantity: 5 },
    ]);
  });

  it('given any number, when a quantity is set, then it is a whole number within the limits of an order', () => {
    const cart = add([], { name: 'chair', quantity: 1 });
    expect(setQuantity(cart, 'chair', 0)).toEqual([{ name: 'chair', quantity: 1 }]);
    expect(setQuantity(cart, 'chair', 2.9)).toEqual([{ name: 'chair', quantity: 2 }]);
    expect(setQuantity(cart, 'chair', 1e12)).toEqual([{ name: 'chair', quantity: MAX_QUANTITY }]);
  });

  it('given an order, when it is subtracted from the cart, then items that were added meanwhile stay', () => {
    const ordered = [{ name: 'chair', quantity: 2 }];
    const now = [
      { name: 'chair', quantity: 3 },
      { name: 'lamp', quantity: 1 },
    ];
    expect(subtract(now, ordered)).toEqual([
      { name: 'chair', quantity: 1 },
      { name: 'lamp', quantity: 1 },
    ]);
    expect(itemCount(subtract(ordered, ordered))).toBe(0);
  });

  it('given two carts, when they are compared, then their items count and not the order of the lines', () => {
    const cart = [
      { name: 'chair', quantity: 2 },
      { name: 'lamp', quantity: 1 },
    ];
    expect(hasSameItems(cart, cart.toReversed())).toBe(true);
    expect(hasSameItems(cart, cart.slice(1))).toBe(false);
    expect(hasSameItems(cart, setQuantity(cart, 'lamp', 2))).toBe(false);
  });
});
