import { describe, expect, it } from 'vitest';
import { displayName } from './displayName';
import { formatMoney, formatPrice, toCents } from './money';
import { stockOf } from './stock';

describe('money', () => {
  it.each([
    [0.01, '€0.01'],
    [0.1, '€0.10'],
    [1.005, '€1.00'],
    [19.99, '€19.99'],
    [1299.99, '€1,299.99'],
    [99_999_999.99, '€99,999,999.99'],
  ])('given %d, when it is shown, then it reads %s', (price, text) => {
    expect(formatPrice(price)).toBe(text);
  });

  it('given more cents than a float can represent, when they are shown, then the amount is exact', () => {
    expect(formatMoney(9_007_199_254_740_993n)).toBe('€90,071,992,547,409.93');
    expect(toCents(0.29)).toBe(29n);
  });
});

describe('the texts on a product', () => {
  it('given a name in lower case, when it is shown, then it begins with a capital in any script', () => {
    expect([
      displayName('chair'),
      displayName('écharpe'),
      displayName('чайник'),
      displayName('😀 cup'),
      displayName(''),
    ]).toEqual(['Chair', 'Écharpe', 'Чайник', '😀 cup', '']);
  });

  it('given a stock, when it is shown, then low stock is marked', () => {
    expect([0, 1, 5, 6, 100].map((quantity) => stockOf(quantity).text)).toEqual([
      'Sold out',
      'Only 1 left',
      'Only 5 left',
      '6 in stock',
      'In stock',
    ]);
  });
});
