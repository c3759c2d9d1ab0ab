import { describe, expect, it } from 'vitest';
import { mended, needsMending, standingOf, total } from './reckoning';

const chair = { name: 'chair', description: 'A chair', price: 0.1, quantity: 3, categories: ['furniture'] };

function line(quantity: number, product: typeof chair | null | undefined) {
  return { name: 'chair', quantity, standing: standingOf({ name: 'chair', quantity }, product) };
}

describe('the reckoning of a cart', () => {
  it('given prices that a float cannot hold, when they are added up, then the total is right to the cent', () => {
    expect(total([line(3, chair), line(3, { ...chair, price: 0.2 })])).toBe(90n);
    expect(total([line(2_147_483_647, { ...chair, price: 99_999_999.99 })])).toBe(
      2_147_483_647n * 9_999_999_999n,
    );
  });

  it('given a line whose price is not known yet, when they are added up, then there is no total', () => {
    expect(total([line(3, chair), line(1, undefined)])).toBeNull();
    expect(total([line(3, chair), line(1, null)])).toBe(30n);
  });

  it('given what the shop says, when lines are looked at, then those that cannot be had are known', () => {
    expect(line(3, chair).standing.kind).toBe('fine');
    expect(line(4, chair).standing.kind).toBe('short');
    expect(line(1, { ...chair, quantity: 0 }).standing.kind).toBe('sold-out');
    expect(line(1, null).standing.kind).toBe('gone');
    expect(line(1, undefined).standing.kind).toBe('unknown');
    expect([line(4, chair), line(1, chair)].map(needsMending)).toEqual([true, false]);
  });

  it('given lines that cannot be had, when the cart is mended, then it asks for what there is', () => {
    expect(mended([line(4, chair)])).toEqual([{ name: 'chair', quantity: 3 }]);
    expect(mended([line(4, { ...chair, quantity: 0 }), line(1, null)])).toEqual([]);
    expect(mended([line(2, undefined)])).toEqual([{ name: 'chair', quantity: 2 }]);
  });
});
