import { expect, it } from 'vitest';
import * as z from 'zod/mini';
import { checkedBy } from './checkedBy';

const check = checkedBy(
  z.object({ name: z.string().check(z.trim(), z.minLength(1, 'Empty.'), z.regex(/^a/, 'Not an a.')) }),
);
const options = { fields: {}, shouldUseNativeValidation: false };

it('given what fits the schema, when it is checked, then it is as the schema makes it', async () => {
  expect(await check({ name: ' ab ' }, undefined, options)).toEqual({ values: { name: 'ab' }, errors: {} });
});

it('given several things wrong with a field, when it is checked, then the first is said', async () => {
  const { errors } = await check({ name: ' ' }, undefined, options);
  expect(errors.name?.message).toBe('Empty.');
});
