import { describe, expect, it } from 'vitest';
import { availabilityOf, matchStock, needsAttention, total } from './pricing';

const chair = { name: 'chair', description: 'A chair', price: 0.1, quantity: 3, categories: ['furniture'] };

function line(quantity: number, product: typeof chair | null | undefined) {
  return { name: 'chair', quantity, availability: availabilityOf({ name: 'chair', quantity }, product) };
}

describe('the pricing of a cart', () => {
  it('given prices that a float cannot represent, when they are added, then the total is exact', () => {
    expect(total([line(3, chair), line(3, { ...chair, price: 0.2 })])).toBe(90n);
    expect(total([line(2_147_483_647, { ...chair, price: 99_999_999.99 })])).toBe(
      2_147_483_647n * 9_999_999_999n,
    );
  });

  it('given a line whose price is still loading, when the lines are added, then there is no total', () => {
    expect(total([line(3, chair), line(1, undefined)])).toBeNull();
    expect(total([line(3, chair), line(1, null)])).toBe(30n);
  });

  it('given the stock, when the lines are checked, then the unavailable ones need attention', () => {
    expect(line(3, chair).availability.kind).toBe('available');
    expect(line(4, chair).availability.kind).toBe('short');
    expect(line(1, { ...chair, quantity: 0 }).availability.kind).toBe('sold-out');
    expect(line(1, null).availability.kind).toBe('not-found');
    expect(line(1, undefined).availability.kind).toBe('unknown');
    expect([line(4, chair), line(1, chair)].map(needsAttention)).toEqual([true, false]);
  });

  it('given unavailable lines, when the cart is updated, then it matches the stock', () => {
    expect(matchStock([line(4, chair)])).toEqual([{ name: 'chair', quantity: 3 }]);
    expect(matchStock([line(4, { ...chair, quantity: 0 }), line(1, null)])).toEqual([]);
    expect(matchStock([line(2, undefined)])).toEqual([{ name: 'chair', quantity: 2 }]);
  });
});
