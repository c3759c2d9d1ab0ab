import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { description, price, stockChange } from './productFields';

describe('the fields of a product', () => {
  it.each([
    ['19.99', '19.99'],
    [' 19,99 ', '19.99'],
    ['5', '5'],
  ])('given the price %j, when it is parsed, then it is %s', (input, parsed) => {
    expect(z.parse(price, input)).toBe(parsed);
  });

  it.each(['', '1,234.50', '1.234,50', '0', '1.999', '-1', '1e3'])(
    'given the price %j, when it is parsed, then it is rejected',
    (input) => {
      expect(z.safeParse(price, input).success).toBe(false);
    },
  );

  it('given a description of several lines, when it is parsed, then it is one line', () => {
    expect(z.parse(description, ' Oak.\n\nFrom\r\n here. \n')).toBe('Oak. From here.');
  });

  it.each(['2147483648', '-2147483648', '0', 'x', '1.5'])(
    'given the stock change %s, when it is parsed, then it is rejected',
    (input) => {
      expect(z.safeParse(stockChange, input).success).toBe(false);
    },
  );

  it.each(['2147483647', '-3', '+4'])(
    'given the stock change %s, when it is parsed, then it is valid',
    (input) => {
      expect(z.parse(stockChange, input)).toBe(input);
    },
  );
});
