import { expect, it } from 'vitest';
import * as z from 'zod/mini';
import { zodResolver } from './zodResolver';

const resolve = zodResolver(
  z.object({ name: z.string().check(z.trim(), z.minLength(1, 'Empty.'), z.regex(/^a/, 'Not an a.')) }),
);
const options = { fields: {}, shouldUseNativeValidation: false };

it('given valid values, when they are checked, then the result has the output of the schema', async () => {
  expect(await resolve({ name: ' ab ' }, undefined, options)).toEqual({ values: { name: 'ab' }, errors: {} });
});

it('given a field with several errors, when it is checked, then the first is reported', async () => {
  const { errors } = await resolve({ name: ' ' }, undefined, options);
  expect(errors.name?.message).toBe('Empty.');
});
