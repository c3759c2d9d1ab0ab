import * as z from 'zod/mini';
import { MAX_QUANTITY } from '../product/stock';

// The same rules as those of the products service, which checks again.

export const name = z
  .string()
  .check(
    z.trim(),
    z.minLength(1, 'Please enter a name.'),
    z.maxLength(100, 'Please use at most 100 characters.'),
  );

export const description = z.string().check(
  // The service accepts only one line.
  z.overwrite((text) => text.replaceAll(/\s*[\r\n\u2028\u2029]\s*/g, ' ')),
  z.trim(),
  z.minLength(1, 'Please enter a description.'),
  z.maxLength(2000, 'Please use at most 2,000 characters.'),
);

export const price = z.string().check(
  z.trim(),
  // A comma is the decimal separator in much of Europe.
  z.overwrite((text) => text.replace(',', '.')),
  z.regex(/^\d{1,8}(?:\.\d{1,2})?$/, 'Please enter a price such as 19.99, with at most two decimals.'),
  z.refine((text) => Number(text) >= 0.01, 'The price must be at least 0.01.'),
);

export const categories = z
  .array(z.string())
  .check(
    z.minLength(1, 'Please choose at least one category.'),
    z.maxLength(10, 'Please choose at most ten categories.'),
  );

export const stock = z.string().check(
  z.trim(),
  z.regex(/^\d{1,10}$/, 'Please enter a whole number, 0 or more.'),
  z.refine((text) => Number(text) <= MAX_QUANTITY, 'This number is too large.'),
);

export const stockChange = z.string().check(
  z.trim(),
  z.regex(/^[+-]?\d{1,10}$/, 'Please enter a whole number, such as 10 or -3.'),
  z.refine((text) => Math.abs(Number(text)) <= MAX_QUANTITY, 'This number is too large.'),
  z.refine((text) => Number(text) !== 0, 'The change cannot be 0.'),
);
