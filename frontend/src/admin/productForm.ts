import * as z from 'zod/mini';
import { mostPieces } from '../product/stock';

/** What the shop takes, in the words of its own rules; the shop checks again. */
export const price = z.string().check(
  z.trim(),
  // Half of Europe writes 19,99.
  z.overwrite((text) => text.replace(',', '.')),
  z.regex(/^\d{1,8}(?:\.\d{1,2})?$/, 'A price is a number such as 19.99, with at most two decimals.'),
  z.refine((text) => Number(text) >= 0.01, 'A price is at least 0.01.'),
);

export const description = z.string().check(
  // The shop takes one line.
  z.overwrite((text) => text.replaceAll(/\s*[\r\n\u2028\u2029]\s*/g, ' ')),
  z.trim(),
  z.minLength(1, 'Please describe the product.'),
  z.maxLength(2000, 'Please take at most 2,000 characters.'),
);

export const categories = z
  .array(z.string())
  .check(
    z.minLength(1, 'Please choose at least one category.'),
    z.maxLength(10, 'Please choose at most ten.'),
  );

export const stock = z.string().check(
  z.trim(),
  z.regex(/^\d{1,10}$/, 'Please enter a whole number, 0 or more.'),
  z.refine((text) => Number(text) <= mostPieces, 'That is more than the shop can count.'),
);

export const delta = z.string().check(
  z.trim(),
  z.regex(/^[+-]?\d{1,10}$/, 'Please enter a whole number, such as 10 or -3.'),
  z.refine((text) => Math.abs(Number(text)) <= mostPieces, 'That is more than the shop can count.'),
  z.refine((text) => Number(text) !== 0, 'Please enter how many came in or went out.'),
);

export const name = z
  .string()
  .check(
    z.trim(),
    z.minLength(1, 'Please enter a name.'),
    z.maxLength(100, 'Please take at most 100 characters.'),
  );
