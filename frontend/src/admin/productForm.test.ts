import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { delta, description, price } from './productForm';

describe('what an admin types', () => {
  it.each([
    ['19.99', '19.99'],
    [' 19,99 ', '19.99'],
    ['5', '5'],
  ])('given the price %j, when it is read, then it is %s', (typed, read) => {
    expect(z.parse(price, typed)).toBe(read);
  });

  it.each(['', '1,234.50', '1.234,50', '0', '1.999', '-1', '1e3'])(
    'given the price %j, when it is read, then it is refused',
    (typed) => {
      expect(z.safeParse(price, typed).success).toBe(false);
    },
  );

  it('given a description of several lines, when it is read, then it is one', () => {
    expect(z.parse(description, ' Oak.\n\nFrom\r\n here. \n')).toBe('Oak. From here.');
  });

  it.each(['2147483648', '-2147483648', '0', 'x', '1.5'])(
    'given %s pieces that came in, when that is read, then it is refused',
    (typed) => {
      expect(z.safeParse(delta, typed).success).toBe(false);
    },
  );

  it.each(['2147483647', '-3', '+4'])('given %s pieces, when that is read, then it is taken', (typed) => {
    expect(z.parse(delta, typed)).toBe(typed);
  });
});
